use tokio::net::TcpListener;

use super::*;

const PATIENCE: Duration = Duration::from_secs(15);
const MESSAGE: &str = "Subject: x\r\n\r\n=> y <=\r\n.\r\n";

/// Sends a mail to a server that says these things one after the other; returns how that went, and what it heard.
fn exchange(says: &'static [&'static str], to: &[&str], patience: Duration) -> (Result<Refusals, Failure>, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (mut heard, mut stream) = (String::new(), BufReader::new(stream));
            for reply in says {
                // The client may have gone.
                stream.get_mut().write_all(reply.as_bytes()).await.ok();
                let in_message = reply.starts_with("354");
                while stream.read_line(&mut heard).await.is_ok_and(|length| length > 0)
                    && in_message
                    && !heard.ends_with("\r\n.\r\n")
                {}
            }
            // Whoever says nothing more holds the connection all the same.
            while stream.read_line(&mut heard).await.is_ok_and(|length| length > 0) {}
            heard
        });
        let mailbox = |text: &str| Mailbox::parse(text).unwrap();
        let (from, to) = (mailbox("Left <l@x>"), to.iter().copied().map(mailbox).collect::<Vec<_>>());
        let mail = Envelope { helo: "left", from: &from, to: &to, message: MESSAGE };
        let stream = TcpStream::connect(address).await.unwrap();
        let sent = send(stream, patience, mail).await;
        (sent, server.await.unwrap())
    })
}

#[test]
fn a_mail_goes_to_all_recipients_and_a_dot_does_not_end_it() {
    let says = &[
        "220-hi\r\n220 there\r\n",
        "250 a\r\n",
        "250 b\r\n",
        "250 c\r\n",
        "250 d\r\n",
        "354 go\r\n",
        "250 e\r\n",
        "221\r\n",
    ];
    let (sent, heard) = exchange(says, &["a@x", "Ops <o@x>"], PATIENCE);
    assert_eq!(sent, Ok(Vec::new()));
    let expected = "HELO left\r\nMAIL FROM:<l@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<o@x>\r\nDATA\r\nSubject: x\r\n\r\n=> y <=\r\n\
                    ..\r\n.\r\nQUIT\r\n";
    assert_eq!(heard, expected);
}

#[test]
fn one_recipient_who_is_refused_does_not_cost_the_others_their_mail() {
    let says = &[
        "220 x\r\n",
        "250 x\r\n",
        "250 x\r\n",
        "550 no such user\r\n",
        "250 x\r\n",
        "354 x\r\n",
        "250 x\r\n",
        "221 x\r\n",
    ];
    let (sent, heard) = exchange(says, &["a@x", "b@x"], PATIENCE);
    assert_eq!(sent, Ok(vec![("a@x".to_owned(), "the mail server says: 550 no such user".to_owned())]));
    assert!(heard.contains("\r\n.\r\nQUIT"), "{heard}");
}

#[test]
fn what_a_server_refuses_for_good_is_told_from_what_it_may_take_later() {
    let later = |why: &str| Err(Failure::Later(why.to_owned()));
    let says = |reply: &str| format!("the mail server says: {reply}");
    let cases: [(&'static [&'static str], Result<Refusals, Failure>); 9] = [
        (&["220 x\r\n", "250 x\r\n", "553 no sender\r\n"], Err(Failure::Refused(says("553 no sender")))),
        (&["220 x\r\n", "250 x\r\n", "250 x\r\n", "550 no\r\n", "550 no\r\n"], Err(Failure::Refused(says("550 no")))),
        (&["220 x\r\n", "250 x\r\n", "250 x\r\n", "550 no\r\n", "450 grey\r\n"], later(&says("450 grey"))),
        (&["554 go away\r\n"], later(&says("554 go away"))),
        (&["220 x\r\n", "502 what\r\n"], later(&says("502 what"))),
        (&["421 busy\r\n"], later(&says("421 busy"))),
        (&["HTTP/1.1 400 Bad Request\r\n"], later("no mail server answers, but says: HTTP/1.1 400 Bad Request")),
        (&["\u{e4}\u{7}2\r\n"], later("no mail server answers, but says: \u{e4}2")),
        (
            &["220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n", "552 full\r\n"],
            Err(Failure::Refused(says("552 full"))),
        ),
    ];
    for (replies, expected) in cases {
        let (sent, _) = exchange(replies, &["a@x", "b@x"], PATIENCE);
        assert_eq!(sent, expected, "{replies:?}");
    }
}

#[test]
fn a_server_that_says_too_much_or_nothing_is_left() {
    static LONG: &str = concat!(
        "220-a line of fifty bytes, all of which are meant well\r\n",
        "220-a line of fifty bytes, all of which are meant well\r\n"
    );
    let many: &'static [&'static str] = Vec::leak(vec![LONG.repeat(60).leak() as &str]);
    let (sent, _) = exchange(many, &["a@x"], PATIENCE);
    assert_eq!(sent, Err(Failure::Later("the mail server does not stop talking".to_owned())));
    let endless: &'static [&'static str] = Vec::leak(vec!["x".repeat(100_000).leak() as &str]);
    let (sent, _) = exchange(endless, &["a@x"], PATIENCE);
    assert!(matches!(&sent, Err(Failure::Later(why)) if why.len() < 300), "{sent:?}");
    let (sent, _) = exchange(&["220 x\r\n"], &["a@x"], Duration::from_millis(50));
    assert_eq!(sent, Err(Failure::Later("the mail server does not answer within 50ms".to_owned())));
}
