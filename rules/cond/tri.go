package cond

// Tri is a truth value of three-valued logic. The zero Tri is Unknown.
type Tri int8

// The truth values. The order makes the least of two their conjunction, the
// greatest their disjunction, and the negative the negation.
const (
	False   Tri = -1
	Unknown Tri = 0
	True    Tri = 1
)

// String returns false, unknown or true.
func (t Tri) String() string {
	switch {
	case t < 0:
		return "false"
	case t > 0:
		return "true"
	}
	return "unknown"
}

func triOf(b bool) Tri {
	if b {
		return True
	}
	return False
}
