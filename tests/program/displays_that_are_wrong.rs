//# title: what a cell displays is told when it is no JSON
println!("EVCXR_BEGIN_CONTENT application/json\n{{wrong\nEVCXR_END_CONTENT");
//# says: what the cell displays as application/json is not understood, and not shown: key must be a string
//# cell
println!("EVCXR_BEGIN_CONTENT application/vnd.fearless.display+json\n{{\"clear\": 1}}\nEVCXR_END_CONTENT");
//# says: expected a boolean
//# cell
println!("EVCXR_BEGIN_CONTENT text/plain\nright\nEVCXR_END_CONTENT");
//# shows: right
//# not: not understood
