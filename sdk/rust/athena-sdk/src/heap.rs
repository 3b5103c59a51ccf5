//! The allocator: a bump pointer over `memory_grow`, with lists of freed blocks by size.
//!
//! A frame is short and starts with fresh memory, so the allocator favours few instructions and
//! few pages over reuse. Blocks are multiples of 16 bytes. List `k` holds blocks of at least
//! `16 << k` bytes; a request looks only in the list all of whose blocks are large enough. The
//! block at the top of the heap grows and shrinks in place.

use crate::sys;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const GRAIN: usize = 16;
const PAGE: usize = 4096;
const LISTS: usize = 28;

struct State {
    /// First byte never handed out; 0 before the first allocation.
    top: usize,
    /// First byte after the heap.
    end: usize,
    /// Heads of the lists of free blocks; the first word of a block links to the next.
    free: [usize; LISTS],
}

struct Heap(UnsafeCell<State>);

// SAFETY: a program has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(State {
    top: 0,
    end: 0,
    free: [0; LISTS],
}));

unsafe extern "C" {
    /// First byte after the image, from the linker script.
    static _end: u8;
    /// First byte after the initial heap, from the linker script.
    static __heap_end: u8;
}

/// The size of the block for a request, or None if it exceeds the address space.
fn block(size: usize) -> Option<usize> {
    Some(size.max(1).checked_add(GRAIN - 1)? & !(GRAIN - 1))
}

/// The list whose every block holds `size` bytes.
fn list_above(size: usize) -> usize {
    ((size - 1) / GRAIN)
        .checked_ilog2()
        .map_or(0, |log| log as usize + 1)
}

/// The list that a free block of `size` bytes belongs to.
fn list_below(size: usize) -> usize {
    (size / GRAIN).ilog2() as usize
}

impl State {
    fn take(&mut self, align: usize, size: usize) -> Option<usize> {
        let list = list_above(size);
        if align <= GRAIN && list < LISTS && self.free[list] != 0 {
            let at = self.free[list];
            // SAFETY: at is a free block of this heap, whose first word is the link.
            self.free[list] = unsafe { *(at as *const usize) };
            return Some(at);
        }
        if self.end == 0 {
            let start = &raw const _end as usize;
            self.top = start.next_multiple_of(GRAIN);
            self.end = &raw const __heap_end as usize;
        }
        let at = self.top.checked_next_multiple_of(align.max(GRAIN))?;
        let top = at.checked_add(size)?;
        self.reserve(top)?;
        self.top = top;
        Some(at)
    }

    /// Makes the heap reach `top`.
    fn reserve(&mut self, top: usize) -> Option<()> {
        if top > self.end {
            let pages = (top - self.end).div_ceil(PAGE);
            // SAFETY: memory_grow touches no memory of the program.
            let old = unsafe { sys::ecall3(sys::MEMORY_GROW, pages as u32, 0, 0) };
            if old >= sys::ERROR {
                return None;
            }
            self.end = old as usize + pages * PAGE;
        }
        Some(())
    }

    fn give(&mut self, at: usize, size: usize) {
        if at + size == self.top {
            self.top = at;
            return;
        }
        let list = list_below(size).min(LISTS - 1);
        // SAFETY: the block is free and at least one word long.
        unsafe { *(at as *mut usize) = self.free[list] };
        self.free[list] = at;
    }

    /// Changes the size of the top block in place.
    fn resize_top(&mut self, at: usize, old: usize, new: usize) -> bool {
        let fits = at + old == self.top
            && at
                .checked_add(new)
                .is_some_and(|top| self.reserve(top).is_some());
        if fits {
            self.top = at + new;
        }
        fits
    }
}

// SAFETY: blocks do not overlap, are aligned to at least what is asked, and stay until given back.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and no reference to the state outlives a call.
        let state = unsafe { &mut *self.0.get() };
        match block(layout.size()).and_then(|size| state.take(layout.align(), size)) {
            Some(at) => at as *mut u8,
            None => null_mut(),
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as in alloc.
        let state = unsafe { &mut *self.0.get() };
        if let Some(size) = block(layout.size()) {
            state.give(at as usize, size);
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (Some(old), Some(new)) = (block(layout.size()), block(size)) else {
            return null_mut();
        };
        // SAFETY: as in alloc.
        let state = unsafe { &mut *self.0.get() };
        if old == new || state.resize_top(at as usize, old, new) {
            return at;
        }
        let Some(to) = state.take(layout.align(), new) else {
            return null_mut();
        };
        // SAFETY: both blocks hold the smaller of the two sizes and do not overlap.
        unsafe { core::ptr::copy_nonoverlapping(at, to as *mut u8, layout.size().min(size)) };
        state.give(at as usize, old);
        to as *mut u8
    }
}
