//# title: blocked in accept and in read on the loopback
//# stdout: done hello
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    let client = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let mut stream = TcpStream::connect(address).unwrap();
        thread::sleep(Duration::from_millis(300));
        stream.write_all(b"hello").unwrap();
    });
    client.join().unwrap();
    println!("done {}", server.join().unwrap());
}
