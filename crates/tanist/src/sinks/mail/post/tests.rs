use std::net::Ipv4Addr;
use std::time::SystemTime;

use conf::MemoryLoader;
use tokio::net::TcpListener;

use super::*;

fn settings(port: u16) -> watch::Sender<Arc<Mails>> {
    let text = format!(
        "global_defs {{\nnotification_email {{\na@x\n}}\nsmtp_server 127.0.0.1 {port}\nsmtp_alert\n}}\n\
         vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n10.0.0.1/24\n}}\n}}\n"
    );
    let config = conf::load("c".as_ref(), &mut MemoryLoader::default().with("c", text)).config;
    watch::channel(Arc::new(Mails::new(&config))).0
}

fn letter(age: Duration) -> Letter {
    Letter { at: SystemTime::now() - age, subject: "x".to_owned(), body: "y".into(), culprit: None, number: 1 }
}

fn on_a_runtime(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// Waits until so many are lost.
async fn lost(counts: &MailCounts, mails: u64) {
    let all = async {
        while counts.lost() < mails {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(15), all).await.unwrap();
    assert_eq!((counts.lost(), counts.sent()), (mails, 0));
}

/// A port of nobody.
async fn no_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn mails_that_are_too_old_are_lost_but_not_without_a_try() {
    on_a_runtime(async {
        let (settings, counts) = (settings(no_port().await), MailCounts::default());
        let mut post = Post::start(settings.subscribe(), counts.clone(), Sightings::default());
        for _ in 0..3 {
            post.submit(letter(LIFETIME * 2));
        }
        lost(&counts, 3).await;
        post.submit(letter(Duration::ZERO));
        // One more try, and that is all.
        post.finish().await;
        assert_eq!((counts.lost(), counts.sent()), (4, 0));
    });
}

#[test]
fn what_finds_no_room_is_lost_and_a_stop_does_not_wait_for_the_rest() {
    on_a_runtime(async {
        // Takes connections and says nothing.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (settings, counts) = (settings(listener.local_addr().unwrap().port()), MailCounts::default());
        let mut post = Post::start(settings.subscribe(), counts.clone(), Sightings::default());
        for _ in 0..WAITING + 2 {
            post.submit(letter(Duration::ZERO));
        }
        assert_eq!((counts.lost(), post.overflow), (2, Overflow::Said));
        let waiting = Arc::clone(&post.waiting);
        timeout(LAST_CHANCE * 5, post.finish()).await.unwrap();
        assert_eq!(waiting.load(Ordering::Relaxed), WAITING as u64);
    });
}

#[test]
fn a_reload_that_wants_no_mails_lets_those_that_wait_go() {
    on_a_runtime(async {
        let (settings, counts) = (settings(no_port().await), MailCounts::default());
        let mut post = Post::start(settings.subscribe(), counts.clone(), Sightings::default());
        post.submit(letter(Duration::ZERO));
        settings.send_replace(Arc::default());
        let none = async {
            while post.waiting.load(Ordering::Relaxed) > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(15), none).await.unwrap();
        assert_eq!((counts.lost(), counts.sent()), (0, 0));
    });
}
