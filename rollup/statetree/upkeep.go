package statetree

// Pages near the bottom change in almost every layer, so writing all that a layer changes would cost
// many times the values. A page that changed is therefore dirty in memory, and written with the
// batch of a later layer. Until then the batches since hold the keys that they changed as log
// records; from these, the pages as they are on the disk, and the values, the pages of the head can
// be made again (recover.go).
//
// A hand goes round the tree, over one region after the other: the subtrees at depth 6, and the page
// at the root. Where it comes to, it writes what is dirty and, if the tree takes too much memory,
// drops what was not used since it was there. So what a log record is for has been written when the
// hand has been everywhere since, and the log is as long as one round.

// logKeysMax bounds the keys in all log records together, and with them the time of a recovery.
const logKeysMax = 1 << 15

// rootRegion is the number of the region that is the page at the root. Those before it are the
// subtrees with these first bits.
const (
	rootRegion = 1 << pageLevels
	regions    = rootRegion + 1
)

// upkeep says how far the disk and the memory are behind.
type upkeep struct {
	log  []logRecord // oldest first
	keys int         // in all of log
	seq  uint64      // of the next batch
	hand int         // the region that is next
	// written is, for each region, the last batch after which nothing of it was dirty.
	written [regions]uint64

	keysMax  int
	bytesMax int64
}

// logRecord is what is known of a log record on the disk.
type logRecord struct {
	seq  uint64
	keys int
}

// cleaner takes the hand over a tree that is to be the head.
type cleaner struct {
	root  node
	bytes int64 // that the tree takes
	drop  bool  // what is not used
	write func(id nodeID, page []byte) error
	page  []byte
}

// visit cleans a region.
func (c *cleaner) visit(region int) error {
	if region == rootRegion {
		return c.rootPage()
	}
	var err error
	at := Key{byte(region << (8 - pageLevels))}
	c.root, err = c.toward(c.root, at, 0)
	return err
}

// rootPage writes the page at the root if it is dirty.
func (c *cleaner) rootPage() error {
	x, ok := c.root.(*inner)
	if !ok || !x.dirty {
		return nil
	}
	x.cleaned(0)
	return c.put(x, Key{}, 0)
}

// cleaned marks the nodes of the page at the root.
func (n *inner) cleaned(depth int) {
	n.dirty = false
	for _, kid := range n.kids {
		if x, ok := kid.(*inner); ok && depth+1 < pageLevels {
			x.cleaned(depth + 1)
		}
	}
}

// toward goes down to a region.
func (c *cleaner) toward(n node, at Key, depth int) (node, error) {
	x, ok := n.(*inner)
	if !ok || depth == pageLevels {
		return c.clean(n, at, depth)
	}
	side := at.bit(depth)
	kid, err := c.toward(x.kids[side], at, depth+1)
	if err != nil || kid == x.kids[side] {
		return n, err
	}
	y := &inner{h: x.h, kids: x.kids, dirty: x.dirty}
	y.kids[side] = kid
	return y, nil
}

// clean writes the pages of a subtree that are dirty, and drops what is not used if that is to be.
func (c *cleaner) clean(n node, at Key, depth int) (node, error) {
	switch x := n.(type) {
	case *bucket:
		if !c.drop || x.idle.CompareAndSwap(false, true) {
			return n, nil
		}
		c.bytes += stubBytes - x.bytes()
		return x.stub(), nil
	case *inner:
		if x.dirty || c.drop {
			return c.cleanInner(x, at, depth)
		}
	}
	return n, nil
}

func (c *cleaner) cleanInner(x *inner, at Key, depth int) (node, error) {
	kids := x.kids
	for side := range kids {
		var err error
		if kids[side], err = c.clean(kids[side], at.to(depth, side), depth+1); err != nil {
			return nil, err
		}
	}
	dirty := x.dirty
	if kids != x.kids {
		x = &inner{h: x.h, kids: kids}
	}
	x.dirty = false
	if depth%pageLevels != 0 {
		return x, nil
	}
	if dirty {
		if err := c.put(x, at, depth); err != nil {
			return nil, err
		}
	}
	if c.drop && x.hollow(depth, depth+pageLevels) {
		c.bytes += stubBytes - bytesOf(x)
		return &stub{h: x.h}, nil
	}
	return x, nil
}

// hollow reports that nothing below a page is in memory.
func (n *inner) hollow(depth, end int) bool {
	for _, kid := range n.kids {
		switch x := kid.(type) {
		case *bucket:
			return false
		case *inner:
			if depth+1 == end || !x.hollow(depth+1, end) {
				return false
			}
		}
	}
	return true
}

func (c *cleaner) put(n *inner, at Key, depth int) error {
	c.page = appendPage(c.page[:0], n, depth, depth+pageLevels)
	return c.write(idOf(at, depth), c.page)
}

// settle takes the hand on after a batch with so many changed keys, until the log and the memory are
// within their limits; if all is true, once around. It returns the log records that are no longer
// needed. The record of the batch itself may be among them.
func (u *upkeep) settle(c *cleaner, keys int, all bool) (done []logRecord, err error) {
	u.log = append(u.log, logRecord{seq: u.seq, keys: keys})
	u.keys += keys
	for step := 0; ; step++ {
		c.drop = c.bytes > u.bytesMax && step < 2*regions
		if step >= regions {
			all = false
		}
		if !all && !c.drop && u.keys <= u.keysMax {
			break
		}
		if err := c.visit(u.hand); err != nil {
			return nil, err
		}
		u.written[u.hand] = u.seq
		u.hand = (u.hand + 1) % regions
		for len(u.log) > 0 && u.log[0].seq <= u.written[u.hand] {
			done = append(done, u.log[0])
			u.keys -= u.log[0].keys
			u.log = u.log[1:]
		}
	}
	u.seq++
	return done, nil
}
