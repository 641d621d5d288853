package cond

import "strings"

// pathTree holds the paths of a pmatch by their components. A path matches if
// it is one of those, or below one.
type pathTree struct {
	ends  []int32 // numbers of the paths that end here
	dirs  map[string]*pathTree
	globs []pathGlob // components with wildcards
}

type pathGlob struct {
	pattern string
	glob    glob
	tree    *pathTree
}

// add adds a path and its number. Slashes at its ends, and double ones, mean
// nothing.
func (t *pathTree) add(path string, number int32) {
	for rest := path; ; {
		var comp string
		if comp, rest = component(rest); comp == "" {
			t.ends = append(t.ends, number)
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

// find calls hit with the number of each path of the tree that path is or is
// below, until hit returns true, and returns whether it did. It visits each
// place in the tree at most once: a place is as deep in the tree as the
// component that can stand there is in the path.
func (t *pathTree) find(path string, hit func(number int32) bool) bool {
	for _, n := range t.ends {
		if hit(n) {
			return true
		}
	}
	comp, rest := component(path)
	if comp == "" {
		return false
	}
	if sub := t.dirs[comp]; sub != nil && sub.find(rest, hit) {
		return true
	}
	for i := range t.globs {
		if g := &t.globs[i]; g.glob.match(comp) && g.tree.find(rest, hit) {
			return true
		}
	}
	return false
}

// match reports whether path is one of the tree's or below one.
func (t *pathTree) match(path string) bool {
	return t.find(path, func(int32) bool { return true })
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
