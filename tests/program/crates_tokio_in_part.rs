//# title: tokio without its runtime
:dep tokio = { version = "1", features = ["sync"] }
let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel::<u8>();
tx.send(4).unwrap();
//# cell
rx.try_recv()
//# shows: Ok(4)
