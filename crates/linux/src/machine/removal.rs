//! Removing links. One by one this takes the kernel 18 ms each; all of a group take no longer than one.

use std::collections::HashMap;

use host::{ErrorKind, Item, MacvlanLink, Op, Task};

use super::encode;
use super::run::{Refused, Run};
use crate::link::LinkInfo;
use crate::netlink::Mode;

/// From this number on, links are gathered in a group and removed by one request.
const WORTH_A_GROUP: usize = 2;

/// The links of the removals that `tasks` begin with.
pub(super) fn leading_links<H>(tasks: &[Task<H>]) -> Vec<&MacvlanLink> {
    tasks
        .iter()
        .map_while(|task| match &task.op {
            Op::Remove(Item::Link(link)) => Some(&**link),
            Op::Remove(_) | Op::Add(_) | Op::Set(_) => None,
        })
        .collect()
}

impl<H: Clone> Run<'_, H> {
    /// Removes links, the first of which belongs to the operation at `position`. One that is gone, or whose index now
    /// belongs to somebody else's link, is refused as missing.
    pub(super) fn remove_links(&mut self, position: usize, links: &[&MacvlanLink]) {
        self.flush();
        let present = match self.machine.dump_links(LinkInfo::read) {
            Ok(present) => present.into_iter().map(|link| (link.index, link)).collect::<HashMap<_, _>>(),
            Err(error) => return self.refuse_all(position..position + links.len(), &error.into()),
        };
        let (mut ours, mut gone) = (Vec::new(), Vec::new());
        for (position, link) in (position..).zip(links) {
            if present.get(&link.index).is_some_and(|found| link.is(&found.present())) {
                ours.push((position, link.index))
            } else {
                gone.push(position)
            }
        }
        self.refuse_all(gone, &Refused { kind: ErrorKind::Missing, message: "it is gone already".into() });
        if ours.len() < WORTH_A_GROUP {
            for (position, index) in ours {
                self.request(position, encode::delete_link(index), Mode::Change);
            }
            return;
        }
        for (position, index) in &ours {
            self.request(*position, encode::set_group(*index, encode::DOOMED), Mode::Change);
        }
        self.flush();
        ours.retain(|(position, _)| !self.is_refused(*position));
        self.delete_group(ours.into_iter().map(|(position, _)| position).collect());
    }

    /// Deletes the group of the doomed, whose links belong to the operations at `positions`.
    fn delete_group(&mut self, positions: Vec<usize>) {
        let Some(first) = positions.first() else { return };
        self.request(*first, encode::delete_group(encode::DOOMED), Mode::Change);
        self.flush();
        if let Some(refused) = self.refusal(*first) {
            self.refuse_all(positions, &refused);
        }
    }

    fn refuse_all(&mut self, positions: impl IntoIterator<Item = usize>, refused: &Refused) {
        for position in positions {
            self.refuse(position, refused.clone());
        }
    }
}
