package mitigate

import (
	"slices"
	"strings"
)

// processOf returns the number of the process that the command line of a debugger or
// tracer names: behind -p, --pid or attach, or, of those that take it so, as the
// last word. Of several it is none.
func processOf(line string) string {
	if len(line) > maxCommandLine {
		return ""
	}
	var found string
	words := strings.Fields(line)
	bare := false // whether a number alone is a process to it
	for i, w := range words {
		w = strings.Trim(w, `'"`)
		var number string
		switch option, value, assigned := strings.Cut(w, "="); {
		case assigned && slices.Contains(processOptions, option):
			number = value
		case i > 0 && slices.Contains(processOptions, strings.Trim(words[i-1], `'"`)):
			number = w
		case strings.HasPrefix(w, "-p"):
			number = w[len("-p"):]
		case w == "--args":
			return found // what follows is a program to start
		case isProcessTool(base(w)):
			bare = true
		case bare && i == len(words)-1 && found == "":
			number = w
		}
		if !isProcess(number) || number == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = number
	}
	return found
}

// processOptions are the words behind which debuggers and tracers take the number
// of a process, -ex attach of gdb among them.
var processOptions = []string{"-p", "--pid", "attach", "--attach", "--attach-pid"}

// isProcessTool reports whether a program takes the number of a process without an option.
func isProcessTool(name string) bool {
	return strings.HasSuffix(name, "gdb") || slices.Contains([]string{"gcore", "pstack", "gstack", "jstack", "jmap", "reptyr", "procdump"}, name)
}

func isProcess(s string) bool {
	return s != "" && len(s) <= 7 && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}
