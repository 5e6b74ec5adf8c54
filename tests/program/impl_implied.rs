//# title: an `impl` from which the new one would follow gives way to it, in either direction
struct Metres(f64); #[derive(Debug)] struct Feet(f64);
//# cell
impl From<Metres> for Feet { fn from(m: Metres) -> Feet { Feet(m.0 * 3.0) } }
let feet: Feet = Metres(1.0).into(); feet.0
//# shows: 3.0
//# cell
impl Into<Feet> for Metres { fn into(self) -> Feet { Feet(self.0 * 3.3) } }
let feet: Feet = Metres(1.0).into(); feet.0
//# shows: 3.3
//# says: `impl From<Metres> for Feet` from [2] no longer compiles and is gone
//# cell
impl From<Metres> for Feet { fn from(m: Metres) -> Feet { Feet(m.0 * 3.28) } }
Feet::from(Metres(1.0)).0
//# shows: 3.28
//# cell
impl TryFrom<Metres> for Feet { type Error = String; fn try_from(m: Metres) -> Result<Feet, String> { if m.0 < 0.0 { Err("below zero".into()) } else { Ok(Feet(m.0)) } } }
Feet::try_from(Metres(-1.0)).unwrap_err()
//# shows: "below zero"
//# says: `impl From<Metres> for Feet` from [4] no longer compiles and is gone
//# cell
impl std::fmt::Display for Feet { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "{} ft", self.0) } }
impl std::fmt::Display for Metres { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "{} m", self.0) } }
Feet(2.0).to_string()
//# shows: "2 ft"
//# cell
impl ToString for Feet { fn to_string(&self) -> String { format!("{}'", self.0) } }
Feet(2.0).to_string() + &Metres(1.0).to_string()
//# shows: "2'1 m"
//# cell
#[derive(Clone)] struct Steps(u32);
impl Into<u32> for Steps { fn into(self) -> u32 { self.0 } }
impl From<Steps> for u32 { fn from(s: Steps) -> u32 { s.0 } }
//# error: conflicting implementations
//# not: is gone
