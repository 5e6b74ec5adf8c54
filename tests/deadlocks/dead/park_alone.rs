//# title: parked, and nobody is left to unpark
//# threads: T1
std::thread::park(); //@ stuck
