//! Nothing: cargo wants a target of its own before it runs the tests of others.
