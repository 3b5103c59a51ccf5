package statetree

// Pages near the bottom change in almost every layer and have two kilobytes each, so writing all
// that a layer changes would cost many times the values. A page that changed is therefore held in
// memory as dirty, and written with the batch of a later layer. Until then the batches since hold
// the keys that they changed as log records; from these, the pages as they are on the disk, and the
// values, the pages of the head can be made again (recover.go).

// logKeysMax bounds the keys in all log records together, and with them the time of a recovery.
const logKeysMax = 1 << 15

// dirtyPages are the pages of the head that the disk does not have yet.
type dirtyPages struct {
	pages map[nodeID]dirtyPage
	queue []queued // in the order in which they became dirty; some of them are no longer
	bytes int64
	log   []logRecord // oldest first
	keys  int64       // in all of log
	seq   uint64      // of the next batch

	keysMax, bytesMax int64
}

type dirtyPage struct {
	root  *inner
	since uint64 // the batch that made it dirty first
	cost  int64  // at that time
}

type queued struct {
	id    nodeID
	since uint64
}

// logRecord is what is known of a log record on the disk.
type logRecord struct {
	seq  uint64
	keys int64
}

func (d *dirtyPages) get(id nodeID) (node, bool) {
	p, ok := d.pages[id]
	return p.root, ok
}

// put makes a page dirty by a batch.
func (d *dirtyPages) put(id nodeID, root *inner, seq uint64) {
	p, ok := d.pages[id]
	if !ok {
		p.since, p.cost = seq, cost(root)+cacheEntryBytes
		d.queue = append(d.queue, queued{id: id, since: seq})
		d.bytes += p.cost
	}
	p.root = root
	d.pages[id] = p
}

// drop makes a page clean or forgets it.
func (d *dirtyPages) drop(id nodeID) {
	if p, ok := d.pages[id]; ok {
		d.bytes -= p.cost
		delete(d.pages, id)
	}
}

// oldest returns the page that is dirty for the longest time.
func (d *dirtyPages) oldest() (id nodeID, root *inner, since uint64, ok bool) {
	for len(d.queue) > 0 {
		q := d.queue[0]
		if p, ok := d.pages[q.id]; ok && p.since == q.since {
			return q.id, p.root, p.since, true
		}
		d.queue = d.queue[1:]
	}
	return id, nil, 0, false
}

// clean takes pages out until what is left is within the limits, or all of them; write is called
// for each. It returns the log records that are no longer needed.
func (d *dirtyPages) clean(
	all bool, write func(nodeID, *inner) error,
) (done []logRecord, err error) {
	for {
		id, root, since, ok := d.oldest()
		for len(d.log) > 0 && (!ok || d.log[0].seq < since) {
			done = append(done, d.log[0])
			d.keys -= d.log[0].keys
			d.log = d.log[1:]
		}
		if !ok || !all && d.keys <= d.keysMax && d.bytes <= d.bytesMax {
			return done, nil
		}
		if err := write(id, root); err != nil {
			return nil, err
		}
		d.drop(id)
	}
}
