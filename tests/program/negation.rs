//# title: a cell that begins with a negation is Rust, another a shell's
let list = vec![1];
//# cell
!list.is_empty()
//# shows: true
//# cell
!true
//# shows: false
//# cell
!echo from the shell
//# shows: from the shell\n
