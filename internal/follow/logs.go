package follow

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// log is a file that is or was at the path.
type log struct {
	name string
	info os.FileInfo
	live bool // it is at the path
}

// logsOf returns the file at the path and those beside it whose name begins
// with its own, as rotation leaves them: the oldest first, the live one last.
func logsOf(path string) ([]log, error) {
	path = filepath.Clean(path) // as Glob returns it
	// A rotation in the midst of listing hides a file that changes its name, so
	// only what two lists in a row agree on is true.
	before, err := list(path)
	for err == nil {
		var now []log
		if now, err = list(path); slices.EqualFunc(before, now, log.same) {
			break
		}
		before = now
	}
	slices.SortFunc(before, log.compare)
	return before, err
}

func list(path string) ([]log, error) {
	names, err := filepath.Glob(quoteGlob(path) + "*")
	if err != nil {
		return nil, err
	}
	var list []log
	for _, name := range names {
		// What rotation compressed is no longer the log that was followed.
		if slices.Contains([]string{".gz", ".zst", ".xz", ".bz2"}, filepath.Ext(name)) {
			continue
		}
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			list = append(list, log{name, info, name == path})
		}
	}
	return list, nil
}

// besideLog reports whether a file is one of those that logsOf returns for a
// path, if it is there.
func besideLog(name, path string) (bool, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return false, err
	}
	return strings.HasPrefix(name, path) && filepath.Dir(name) == filepath.Dir(path), nil
}

func (l log) same(o log) bool { return l.name == o.name && os.SameFile(l.info, o.info) }

// compare orders logs by age. Those that were written to within one tick of the
// file system's clock are told apart by the numbers that rotation gives them.
func (l log) compare(o log) int {
	switch {
	case l.live:
		return 1
	case o.live:
		return -1
	}
	return cmp.Or(l.info.ModTime().Compare(o.info.ModTime()), cmp.Compare(o.number(), l.number()))
}

func (l log) number() int {
	n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Ext(l.name), "."))
	return n
}

// quoteGlob returns a pattern that matches the path alone.
func quoteGlob(path string) string {
	var b []byte
	for i := range len(path) {
		if c := path[i]; c == '*' || c == '?' || c == '[' || c == '\\' && filepath.Separator != '\\' {
			b = append(b, '[', c, ']')
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// next returns the log to read next and from where, or nil if there is none
// yet: the one that the place is in, unless it was read to its end, or the
// oldest after it. The place is not known if it is in no log any more.
func next(logs []log, p place, done *ended) (l *log, at place, known bool) {
	after, at, known := find(logs, p)
	for i := range after {
		if i > 0 {
			at = place{}
		}
		if done.has(after[i].info) || at.Offset == 0 && after[i].unfinished(logs) {
			continue
		}
		return &after[i], at, known
	}
	return nil, place{}, known
}

// unfinished reports whether a log is the copy that copytruncate is about to
// make: it begins as the live log does, which is not truncated yet. Until it is,
// the live one is the one to read.
func (l log) unfinished(logs []log) bool {
	live := logs[len(logs)-1]
	if l.live || !live.live {
		return false
	}
	copied, original := l.head(), live.head()
	return bytes.HasPrefix(original, copied) || bytes.HasPrefix(copied, original) && len(original) > 0
}

// head returns the first bytes of a log, or none if it is gone.
func (l log) head() []byte {
	f, err := os.Open(l.name)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, edge)
	n, _ := f.ReadAt(head, 0) // a short one is what there is
	return head[:n]
}

// find returns the logs from the one on that the place is in. If there is none,
// they are those that were written to since then.
func find(logs []log, p place) (after []log, at place, known bool) {
	if p.Offset > 0 {
		// Before it is truncated, a log and its copy hold the same: the log
		// itself is the one to go on with.
		for i := len(logs) - 1; i >= 0; i-- {
			if f, err := os.Open(logs[i].name); err == nil {
				found := p.in(f)
				f.Close()
				if found {
					return logs[i:], p, true
				}
			}
		}
	}
	for i, l := range logs {
		if l.live || !p.Saved.IsZero() && l.info.ModTime().After(p.Saved) {
			return logs[i:], place{}, p.Offset == 0
		}
	}
	return nil, place{}, p.Offset == 0
}

// ended are the logs that were read to their end. They are kept open as long as
// they are there, so that no new file gets the identity of one of them.
type ended struct{ files []*os.File }

func (d *ended) add(f *os.File) { d.files = append(d.files, f) }

func (d *ended) has(info os.FileInfo) bool {
	return slices.ContainsFunc(d.files, func(f *os.File) bool {
		mine, err := f.Stat()
		return err == nil && os.SameFile(mine, info)
	})
}

// forget closes those that are not among logs.
func (d *ended) forget(logs []log) {
	d.files = slices.DeleteFunc(d.files, func(f *os.File) bool {
		mine, err := f.Stat()
		there := err == nil && slices.ContainsFunc(logs, func(l log) bool { return os.SameFile(mine, l.info) })
		if !there {
			f.Close()
		}
		return !there
	})
}
