// Package crashfs is a file system in memory whose power fails at a chosen write: what a machine finds
// when it starts again is what was synced until then. For tests and the simulator; daemons run on it as
// on a disk.
package crashfs

import (
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Disk is the storage of one machine. When its power fails, what was synced is what the next start
// finds; what runs on meanwhile writes to a disk that nobody will read again. It is safe for concurrent
// use.
type Disk struct {
	vfs.FS // the memory file system, for all that is not overridden

	mu     sync.Mutex
	mem    *vfs.MemFS
	armed  int    // writes until the power fails; 0 = it does not
	folder string // whose writes count; empty = all
	after  bool   // the last of them is still done
	saved  *vfs.MemFS
	writes int // since the disk was made
}

// New returns an empty disk.
func New() *Disk { return mount(vfs.NewCrashableMem(), 0) }

func mount(mem *vfs.MemFS, writes int) *Disk { return &Disk{FS: mem, mem: mem, writes: writes} }

// Arm makes the power fail at the n-th write from now, after it or just before it. A write is a sync of
// a log or of a file that is about to get its name: what a commit waits for, so that the n-th is the
// same one in every run, whatever databases do in the background. Writes outside of a folder do not
// count, unless it is empty.
func (d *Disk) Arm(n int, after bool, folder string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed, d.after, d.folder = n, after, folder
}

// Dead reports whether the power has failed.
func (d *Disk) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.saved != nil
}

// Writes is the number of writes so far, on this disk and those that it was restored from.
func (d *Disk) Writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// cut fails the power now.
func (d *Disk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.saved == nil {
		d.saved = d.mem.CrashClone(vfs.CrashCloneCfg{})
	}
}

// Restored is the disk as the next start finds it, after the power has failed.
func (d *Disk) Restored() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return mount(d.saved, d.writes)
}

// sync runs one write and fails the power before or after it, if that is its turn.
func (d *Disk) sync(name string, do func() error) error {
	d.mu.Lock()
	d.writes++
	fails := false
	if d.armed > 0 && strings.HasPrefix(name, d.folder) {
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
func (d *Disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.wrap(name, f), err
}

// ReuseForWrite implements vfs.FS.
func (d *Disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, c)
	return d.wrap(name, f), err
}

func (d *Disk) wrap(name string, f vfs.File) vfs.File {
	if f == nil || !strings.HasSuffix(name, ".log") && !strings.HasSuffix(name, ".tmp") {
		return f
	}
	return &file{File: f, disk: d, name: name}
}

// file is a file whose syncs count.
type file struct {
	vfs.File
	disk *Disk
	name string
}

// Sync implements vfs.File.
func (f *file) Sync() error { return f.disk.sync(f.name, f.File.Sync) }

// SyncData implements vfs.File.
func (f *file) SyncData() error { return f.disk.sync(f.name, f.File.SyncData) }
