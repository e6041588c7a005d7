//! Whether other daemons of ours live in this network namespace.

use host::Company;
use linux::instance::Presence;
use linux::netns::Namespace;

use crate::Test;

pub(crate) const ALL: &[Test] = &[("a_daemon_is_seen_in_its_own_namespace_only_and_as_long_as_it_lives", seen)];

fn seen() {
    let (here, elsewhere) = (Namespace::new().unwrap(), Namespace::new().unwrap());
    let announce = |namespace: &Namespace| namespace.run(|| Presence::announce().unwrap()).unwrap();
    let company = |namespace: &Namespace, of: &Presence| namespace.run(|| of.company()).unwrap();
    let first = announce(&here);
    assert_eq!(company(&here, &first), Company::Alone);
    let second = announce(&here);
    assert_eq!([company(&here, &first), company(&here, &second)], [Company::Others; 2]);
    let third = announce(&elsewhere);
    assert_eq!(company(&elsewhere, &third), Company::Alone);
    drop(second);
    assert_eq!(company(&here, &first), Company::Alone);
}
