//# title: an actor waits for the answer to a message that it sent to itself
//# threads: T1, T2
use std::sync::mpsc::{self, Sender};
use std::thread;

enum Message {
    Add(u32),
    Get(Sender<u32>),
    Double(Sender<u32>),
}
fn ask(inbox: &Sender<Message>, question: impl Fn(Sender<u32>) -> Message) -> u32 {
    let (reply, answer) = mpsc::channel();
    inbox.send(question(reply)).unwrap();
    answer.recv().unwrap() //@ stuck
}
{
    let (inbox, messages) = mpsc::channel();
    let own_inbox = inbox.clone();
    let actor = thread::Builder::new().name("actor".into());
    let actor = actor.spawn(move || {
        let mut total = 0;
        for message in messages {
            match message {
                Message::Add(n) => total += n,
                Message::Get(reply) => reply.send(total).unwrap(),
                Message::Double(reply) => reply.send(2 * ask(&own_inbox, Message::Get)).unwrap(),
            }
        }
    });
    inbox.send(Message::Add(4)).unwrap();
    println!("{}", ask(&inbox, Message::Double));
    drop(inbox);
    actor.unwrap().join().unwrap();
}
