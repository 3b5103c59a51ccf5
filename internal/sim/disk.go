package sim

import (
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk is the storage of one machine. When its power fails, what was synced is what the next start
// finds; what runs on meanwhile writes to a disk that nobody will read again.
type disk struct {
	vfs.FS // the memory file system, for all that is not overridden

	mu    sync.Mutex
	mem   *vfs.MemFS
	armed int  // syncs of logs until the power fails; 0 = it does not
	after bool // the last of them is still done
	saved *vfs.MemFS
	syncs int // of logs, since the machine was made
}

func newDisk() *disk { return mount(vfs.NewCrashableMem(), 0) }

func mount(mem *vfs.MemFS, syncs int) *disk { return &disk{FS: mem, mem: mem, syncs: syncs} }

// arm makes the power fail at the n-th sync of a log from now, after it or just before it. Logs are
// what a commit waits for, so that this is the n-th write of the machine, whatever its database does
// in the background.
func (d *disk) arm(n int, after bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed, d.after = n, after
}

// dead reports whether the power has failed.
func (d *disk) dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.saved != nil
}

// cut fails the power now.
func (d *disk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.saved == nil {
		d.saved = d.mem.CrashClone(vfs.CrashCloneCfg{})
	}
}

// restored is the disk as the next start finds it.
func (d *disk) restored() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return mount(d.saved, d.syncs)
}

// sync runs one sync of a log and fails the power before or after it, if that is its turn.
func (d *disk) sync(do func() error) error {
	d.mu.Lock()
	d.syncs++
	fails := false
	if d.armed > 0 {
		d.armed--
		fails = d.armed == 0 && d.saved == nil
	}
	after := d.after
	if fails && !after {
		d.saved = d.mem.CrashClone(vfs.CrashCloneCfg{})
	}
	d.mu.Unlock()
	err := do()
	if fails && after {
		d.cut()
	}
	return err
}

// Create implements vfs.FS.
func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.wrap(name, f), err
}

// ReuseForWrite implements vfs.FS.
func (d *disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, c)
	return d.wrap(name, f), err
}

func (d *disk) wrap(name string, f vfs.File) vfs.File {
	if f == nil || !strings.HasSuffix(name, ".log") {
		return f
	}
	return &logFile{File: f, disk: d}
}

// logFile is a write-ahead log.
type logFile struct {
	vfs.File
	disk *disk
}

// Sync implements vfs.File.
func (f *logFile) Sync() error { return f.disk.sync(f.File.Sync) }

// SyncData implements vfs.File.
func (f *logFile) SyncData() error { return f.disk.sync(f.File.SyncData) }
