package kv

import (
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Disk is the file system of the machine.
var Disk FS = vfs.Default

// WriteFile makes a file of a folder durable, or leaves none: after a crash there is all of it or
// nothing under its name. The folder is made if it is not there.
func WriteFile(fs FS, dir, name string, b []byte) error {
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("kv: write %s: %w", name, err)
	}
	tmp, path := fs.PathJoin(dir, name+".tmp"), fs.PathJoin(dir, name)
	f, err := fs.Create(tmp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("kv: write %s: %w", name, err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fs.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("kv: write %s: %w", name, err)
	}
	return syncDir(fs, dir)
}

func syncDir(fs FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("kv: sync folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("kv: sync folder %s: %w", dir, err)
	}
	return nil
}

// NotExist reports whether an error says that there is no such file.
func NotExist(err error) bool { return errors.Is(err, os.ErrNotExist) }

// ReadFile returns a whole file, of at most limit bytes.
func ReadFile(fs FS, path string, limit int64) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, fmt.Errorf("kv: read %s: %w", path, err)
	}
	b, err := readAll(f, limit)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("kv: read %s: %w", path, err)
	}
	return b, nil
}

func readAll(f vfs.File, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%d bytes, at most %d are allowed", info.Size(), limit)
	}
	b := make([]byte, info.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, fmt.Errorf("only %d of %d bytes: %w", n, len(b), err)
	}
	return b, nil
}
