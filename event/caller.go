package event

import (
	"path/filepath"
	"runtime"
	"strconv"
)

// caller names the place in the source that skip frames above it stands for,
// as in [runtime.Caller].
func caller(skip int) string {
	_, file, line, ok := runtime.Caller(skip)
	if !ok {
		return "unknown place"
	}
	return filepath.Base(file) + ":" + strconv.Itoa(line)
}
