//# title: what is no statement is told, and not passed over
let kept = 1;
//# cell
}
//# error: this `}` does not close anything ([2], line 1)
//# cell
} println!("lost");
//# error: this `}` does not close anything ([3], line 1)
//# cell
println!("first");
let
//# error: expected pattern
//# cell
;
//# cell
kept
//# shows: 1
