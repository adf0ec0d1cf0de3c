//! Blocks of powers of two pages: lists by order, halves, and buddies.

use crate::order::by_key;
use serde::Deserialize;

/// Largest order that a form may ask for: blocks of 1,024 pages, as in Linux.
pub(in crate::memory) const ORDER_MAX: u32 = 10;

/// Which free block of an order is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::memory) enum ListOrder {
    /// The one with the lowest address.
    Address,
    /// The one that was put there last.
    LastIn,
}

/// Who has a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::memory) enum Owner {
    /// It stands in the list of its order.
    Free,
    /// It has left a list and is not handed out, or has come back and is not in a list.
    Hand,
    /// Somebody holds it.
    Held(usize),
}

/// An aligned block of 2^order pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::memory) struct Block {
    pub(in crate::memory) page: u64,
    pub(in crate::memory) order: u32,
    pub(in crate::memory) owner: Owner,
}

impl Block {
    pub(in crate::memory) const fn pages(&self) -> u64 {
        1 << self.order
    }
}

/// All pages. The blocks cover them without gap or overlap; the lists hold exactly the free ones.
#[derive(Debug, Clone)]
pub(in crate::memory) struct Zone {
    /// By first page.
    pub(in crate::memory) blocks: Vec<Block>,
    /// First pages of the free blocks, by order; the next to be taken is the first.
    pub(in crate::memory) lists: Vec<Vec<u64>>,
    pub(in crate::memory) order_max: u32,
    list_order: ListOrder,
}

/// The block that a block merges with: its number differs in the one bit of the block's size.
pub(in crate::memory) const fn buddy(page: u64, order: u32) -> u64 {
    page ^ (1 << order)
}

/// The least order whose blocks hold so many pages.
pub(in crate::memory) const fn order_of(pages: u64) -> u32 {
    pages.next_power_of_two().trailing_zeros()
}

impl Zone {
    /// All pages free, in the largest blocks that fit.
    pub(in crate::memory) fn new(n_pages: u64, order_max: u32, list_order: ListOrder) -> Self {
        let empty = (0..=order_max).map(|_| Vec::new()).collect();
        let mut zone = Self { blocks: Vec::new(), lists: empty, order_max, list_order };
        let mut page = 0;
        while page < n_pages {
            let fits = (n_pages - page).ilog2().min(order_max);
            let order = if page == 0 { fits } else { fits.min(page.trailing_zeros()) };
            zone.blocks.push(Block { page, order, owner: Owner::Free });
            zone.lists[at(order)].push(page);
            page += 1 << order;
        }
        zone
    }

    pub(in crate::memory) fn free_pages(&self) -> u64 {
        (0..).zip(&self.lists).map(|(order, list)| (list.len() as u64) << order).sum()
    }

    /// The largest order with a free block.
    pub(in crate::memory) fn largest(&self) -> Option<u32> {
        (0..=self.order_max).rev().find(|&order| !self.lists[at(order)].is_empty())
    }

    /// The least order of at least `order` with a free block.
    pub(in crate::memory) fn source(&self, order: u32) -> Option<u32> {
        (order..=self.order_max).find(|&it| !self.lists[at(it)].is_empty())
    }

    /// Takes the next free block of an order into the hand; `None` if there is none.
    pub(in crate::memory) fn take(&mut self, order: u32) -> Option<u64> {
        let list = self.lists.get_mut(at(order))?;
        if list.is_empty() {
            return None;
        }
        let page = list.remove(0);
        self.own(page, Owner::Hand);
        Some(page)
    }

    /// Halves the block at `page`: the upper half becomes free, the lower stays in the hand.
    pub(in crate::memory) fn split(&mut self, page: u64) {
        let place = self.place(page);
        let order = self.blocks[place].order - 1;
        self.blocks[place].order = order;
        let upper = Block { page: page + (1 << order), order, owner: Owner::Free };
        self.blocks.insert(place + 1, upper);
        self.enlist(upper.page, order);
    }

    /// Sets who has the block at `page`.
    pub(in crate::memory) fn own(&mut self, page: u64, owner: Owner) {
        let place = self.place(page);
        self.blocks[place].owner = owner;
    }

    /// The buddy of the block at `page`, if it is a whole free block of the same size.
    pub(in crate::memory) fn free_buddy(&self, page: u64) -> Option<u64> {
        let block = self.at(page);
        if block.order == self.order_max {
            return None;
        }
        let other = self.blocks.get(self.place(buddy(page, block.order)))?;
        let same = other.page == buddy(page, block.order) && other.order == block.order;
        (same && other.owner == Owner::Free).then_some(other.page)
    }

    /// Merges the block at `page`, which is in the hand, with its free buddy. Returns where the
    /// whole begins.
    pub(in crate::memory) fn merge(&mut self, page: u64, buddy: u64) -> u64 {
        let order = self.at(page).order;
        self.lists[at(order)].retain(|&it| it != buddy);
        let low = page.min(buddy);
        let place = self.place(low);
        self.blocks.remove(place + 1);
        self.blocks[place] = Block { page: low, order: order + 1, owner: Owner::Hand };
        low
    }

    /// Puts the block at `page`, which is in the hand, into the list of its order.
    pub(in crate::memory) fn put(&mut self, page: u64) {
        let order = self.at(page).order;
        self.own(page, Owner::Free);
        self.enlist(page, order);
    }

    fn enlist(&mut self, page: u64, order: u32) {
        let list = &mut self.lists[at(order)];
        list.insert(0, page);
        if self.list_order == ListOrder::Address {
            by_key(list, |it| *it);
        }
    }

    /// The block that holds a page.
    pub(in crate::memory) fn at(&self, page: u64) -> Block {
        self.blocks[self.place(page)]
    }

    fn place(&self, page: u64) -> usize {
        self.blocks.partition_point(|it| it.page <= page).saturating_sub(1)
    }
}

/// Index of an order in the lists.
pub(in crate::memory) fn at(order: u32) -> usize {
    usize::try_from(order).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{ListOrder, Owner, Zone, buddy, order_of};

    #[test]
    fn orders_and_buddies() {
        assert_eq!([1, 2, 3, 4, 5].map(order_of), [0, 1, 2, 2, 3]);
        assert_eq!((buddy(4, 1), buddy(6, 1), buddy(0, 3)), (6, 4, 8));
    }

    #[test]
    fn memory_that_is_no_power_of_two_starts_in_several_blocks() {
        let zone = Zone::new(22, 3, ListOrder::Address);
        let told: Vec<(u64, u32)> = zone.blocks.iter().map(|it| (it.page, it.order)).collect();
        assert_eq!(told, [(0, 3), (8, 3), (16, 2), (20, 1)]);
        assert_eq!((zone.free_pages(), zone.largest()), (22, Some(3)));
    }

    #[test]
    fn a_split_undone_by_merges_is_the_block_again() {
        let mut zone = Zone::new(8, 3, ListOrder::LastIn);
        let page = zone.take(3).unwrap();
        zone.split(page);
        zone.split(page);
        zone.own(page, Owner::Held(0));
        assert_eq!(zone.lists, [vec![], vec![2], vec![4], vec![]]);
        zone.own(page, Owner::Hand);
        let mut page = page;
        while let Some(buddy) = zone.free_buddy(page) {
            page = zone.merge(page, buddy);
        }
        zone.put(page);
        assert_eq!(zone.lists, [vec![], vec![], vec![], vec![0]]);
        assert_eq!(zone.blocks.len(), 1);
    }
}
