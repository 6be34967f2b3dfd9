//! A gateway on loopback that plays a script and records what it receives.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, Notify};

use super::http::{send, until_closed, Received};

/// What is done about one request, in order. Afterwards the connection is there for the next one.
pub(crate) type Reply = Vec<Step>;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Time passes.
    Pause(Duration),
    /// Wait for [`Gateway::cue`].
    Cue,
    /// Say no more, until the client closes the connection.
    Stall,
    /// Close the connection, as a server does that is done with it.
    Close,
    /// Cut the connection off, as a server does that died.
    Reset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Sent,
    Stalled,
    /// A connection is gone, whoever closed it.
    Closed,
}

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    stage: Arc<Stage>,
    events: Receiver<Event>,
    thread: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// What all connections share.
struct Stage {
    script: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Received>>,
    connections: Mutex<usize>,
    cue: Notify,
    events: Sender<Event>,
}

impl Gateway {
    /// On a thread and a runtime of its own, as a real one runs whether the client does or not.
    /// One reply for each request; the last is for all that follow.
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        let (mut gateway, listener) = Self::new(script);
        let stage = Arc::clone(&gateway.stage);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::spawn(serve(listener, stage));
                let _ = stopped.await;
            });
        });
        gateway.thread = Some((stop, thread));
        gateway
    }

    /// In the runtime of the test, whose paused clock it then shares.
    pub(crate) fn beside(script: Vec<Reply>) -> Self {
        let (gateway, listener) = Self::new(script);
        tokio::spawn(serve(listener, Arc::clone(&gateway.stage)));
        gateway
    }

    fn new(script: Vec<Reply>) -> (Self, std::net::TcpListener) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, events) = channel();
        let stage = Stage {
            script: Mutex::new(script.into()),
            requests: Mutex::default(),
            connections: Mutex::default(),
            cue: Notify::new(),
            events: sender,
        };
        (Self { address, stage: Arc::new(stage), events, thread: None }, listener)
    }

    /// Lets a script that waits for its cue go on.
    pub(crate) fn cue(&self) {
        self.stage.cue.notify_one();
    }

    /// Blocks until `event`; the time limit is only there to fail a test rather than hang it.
    pub(crate) fn wait_for(&self, event: Event) {
        while self.events.recv_timeout(Duration::from_secs(60)).expect("the event comes") != event {}
    }

    /// Holds the paused clock still until `event`, for while a blocking task runs time does not
    /// skip ahead: otherwise it may reach the limit before the gateway has had its turn.
    pub(crate) async fn hold_clock_until(self, event: Event) -> Self {
        let waiting = tokio::task::spawn_blocking(move || {
            self.wait_for(event);
            self
        });
        waiting.await.unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.stage.connections.lock().unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.stage.requests.lock().unwrap().clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, stage: Arc<Stage>) {
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        *stage.connections.lock().unwrap() += 1;
        let stage = Arc::clone(&stage);
        tokio::spawn(async move {
            converse(stream, &stage).await;
            stage.notify(Event::Closed);
        });
    }
}

async fn converse(mut stream: TcpStream, stage: &Stage) {
    while let Ok(Some(request)) = Received::read(&mut stream).await {
        for step in stage.reply_to(request) {
            match step {
                Step::Send(bytes) => {
                    if !send(&mut stream, &bytes).await {
                        return;
                    }
                    stage.notify(Event::Sent);
                }
                Step::Pause(duration) => tokio::time::sleep(duration).await,
                Step::Cue => stage.cue.notified().await,
                Step::Stall => {
                    stage.notify(Event::Stalled);
                    return until_closed(&mut stream).await;
                }
                Step::Close => return,
                Step::Reset => return stream.set_zero_linger().unwrap(),
            }
        }
    }
}

impl Stage {
    fn reply_to(&self, request: Received) -> Reply {
        self.requests.lock().unwrap().push(request);
        let mut script = self.script.lock().unwrap();
        let last = script.len() == 1;
        if last { script.front().cloned() } else { script.pop_front() }.expect("the script has a reply")
    }

    /// A test that has seen enough no longer listens.
    fn notify(&self, event: Event) {
        let _ = self.events.send(event);
    }
}
