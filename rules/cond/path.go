package cond

import "strings"

// pathTree holds the paths of a pmatch by their components. A path matches if
// it is one of those, or below one.
type pathTree struct {
	end   bool // a path ends here: whatever is below matches
	dirs  map[string]*pathTree
	globs []pathGlob // components with wildcards
}

type pathGlob struct {
	pattern string
	glob    glob
	tree    *pathTree
}

// add adds a path. Slashes at its ends, and double ones, mean nothing.
func (t *pathTree) add(path string) {
	for rest := path; !t.end; {
		var comp string
		if comp, rest = component(rest); comp == "" {
			*t = pathTree{end: true}
			return
		}
		t = t.child(comp)
	}
}

func (t *pathTree) child(comp string) *pathTree {
	if strings.ContainsAny(comp, "?*[") {
		for _, g := range t.globs {
			if g.pattern == comp {
				return g.tree
			}
		}
		sub := &pathTree{}
		t.globs = append(t.globs, pathGlob{comp, newGlob(comp, false), sub})
		return sub
	}
	sub := t.dirs[comp]
	if sub == nil {
		if t.dirs == nil {
			t.dirs = map[string]*pathTree{}
		}
		sub = &pathTree{}
		t.dirs[comp] = sub
	}
	return sub
}

// match visits each place in the tree at most once: a place is as deep in the
// tree as the component that can stand there is in the path.
func (t *pathTree) match(path string) bool {
	if t.end {
		return true
	}
	comp, rest := component(path)
	if comp == "" {
		return false
	}
	if sub := t.dirs[comp]; sub != nil && sub.match(rest) {
		return true
	}
	for i := range t.globs {
		if g := &t.globs[i]; g.glob.match(comp) && g.tree.match(rest) {
			return true
		}
	}
	return false
}

// component splits the first component off a path; it is "" at the end.
func component(path string) (comp, rest string) {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}
