package mitigate

import (
	"slices"
	"strconv"
	"strings"
)

// processOf returns the number of the process that the command line of a debugger or
// tracer names: behind -p, --pid or attach, or as the last word behind a program that
// takes it so. Of several it is none.
func processOf(line string) string {
	if len(line) > maxCommandLine {
		return ""
	}
	words := strings.Fields(line)
	for i := range words {
		words[i] = strings.Trim(words[i], `'"`)
	}
	at := slices.IndexFunc(words, func(w string) bool { return toolOf(w) != noTool })
	if at < 0 {
		return ""
	}
	kind, found := toolOf(words[at]), ""
	for i := at + 1; i < len(words); i++ {
		w, number := words[i], ""
		option, value, assigned := strings.Cut(w, "=")
		switch {
		case w == "--" || w == "--args":
			return found // what follows is a program to start
		case assigned && slices.Contains(processOptions, option):
			number = value
		case slices.Contains(processOptions, w):
			if i++; i < len(words) {
				number = words[i]
			}
		case strings.HasPrefix(w, "-p") && !strings.HasPrefix(w, "-pi"):
			number = w[len("-p"):]
		case slices.Contains(toolOptions, w):
			i++
		case strings.HasPrefix(w, "-"):
		case kind == runner && !slices.Contains(runnersCommands, w):
			return found // the program to start, with options of its own
		case kind == attacher && i == len(words)-1 && found == "":
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

// toolOptions are options of theirs behind which another word stands.
var toolOptions = []string{"-e", "-o", "-s", "-a", "-O", "-S", "-u", "-E", "-P", "-b", "-X", "-I", "-F", "-c", "-C", "-n", "-l", "-x", "-d", "-iex", "--core", "--command"}

// runnersCommands are commands of perf and others, behind which options follow.
var runnersCommands = []string{"record", "top", "stat", "trace", "dump"}

// toolKind is how a program takes the process that it looks into.
type toolKind uint8

const (
	noTool   toolKind = iota
	attacher          // as its last word, or by an option
	chooser           // by an option alone
	runner            // by an option, else it starts a program
)

func toolOf(word string) toolKind {
	switch name := base(word); {
	case strings.HasSuffix(name, "gdb"), slices.Contains([]string{"gcore", "pstack", "gstack", "jstack", "jmap", "reptyr", "procdump"}, name):
		return attacher
	case slices.Contains([]string{"strace", "ltrace", "perf"}, name):
		return runner
	case slices.Contains([]string{"lldb", "lldb-server", "gdbserver", "dlv", "py-spy", "rbspy", "bpftrace", "trace-cmd", "frida", "frida-trace"}, name):
		return chooser
	}
	return noTool
}

// maxProcess is the largest number of a process that Linux gives.
const maxProcess = 1 << 22

func isProcess(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n <= maxProcess && s[0] != '0' && s[0] != '+'
}
