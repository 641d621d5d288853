package mitigate

import (
	"slices"
	"strings"
)

// scriptOf returns the absolute path of the script that a command line runs, or ""
// if it names none. A script with an interpreter's line is printed behind its own
// name, cut as the kernel cuts it: "nightly-cleanup /opt/nightly-cleanup.sh -q".
func scriptOf(line string) string {
	script := firstScript(line[:min(len(line), maxCommandLine)])
	for _, dir := range []string{"/dev/", "/proc/", "/sys/"} {
		if strings.HasPrefix(script, dir) && !strings.HasPrefix(script, "/dev/shm/") {
			return "" // no file to look into
		}
	}
	return strings.TrimRight(script, "/")
}

func firstScript(line string) string {
	words := unwrapped(strings.Fields(line))
	if len(words) == 0 {
		return ""
	}
	if len(words[0]) > 1 && words[0][0] == '/' && hasScriptEnding(words[0]) {
		return words[0] // behind sh -c, as cron runs it
	}
	name := base(words[0])
	interpreted := isInterpreter(name)
	for i, w := range words[1:] {
		switch {
		case strings.HasPrefix(w, "-"):
			if interpreted && isCodeOption(w) {
				return ""
			}
		case w[0] != '/':
			if !interpreted || !slices.Contains(interpreterOptionsWithValue, words[i]) {
				return ""
			}
		case interpreted || cutName(base(w)) == name && (hasScriptEnding(w) || !isData(w)):
			return w
		default:
			return ""
		}
	}
	return ""
}

// isData reports whether a path lies where configuration and state do: what a
// program finds there is often called like itself.
func isData(path string) bool {
	return slices.ContainsFunc([]string{"/etc/", "/var/", "/run/", "/dev/", "/proc/", "/sys/"}, func(dir string) bool { return strings.HasPrefix(path, dir) }) &&
		!strings.HasPrefix(path, "/etc/cron.") && !strings.HasPrefix(path, "/etc/init.d/")
}

func isInterpreter(name string) bool {
	name = strings.TrimRight(name, "0123456789.")
	return slices.Contains(shells, name) || slices.Contains(interpreters, name) || name == "platform-python" || name == "pwsh" || name == "Rscript"
}

// isCodeOption reports whether an interpreter's option is one behind which code or
// the name of a module stands instead of a script.
func isCodeOption(s string) bool {
	return isScriptOption(s) || s == "-m" || s == "-e" || s == "-r" || s == "-E" || s == "--eval" || s == "-p"
}

// interpreterOptionsWithValue are options of interpreters behind which a word of
// theirs stands.
var interpreterOptionsWithValue = []string{"-W", "-X", "-o", "-O", "-d", "-I", "--require", "--import", "-File"}

func hasScriptEnding(path string) bool {
	return slices.ContainsFunc([]string{".sh", ".bash", ".py", ".pl", ".rb", ".php", ".js"}, func(end string) bool { return strings.HasSuffix(path, end) })
}
