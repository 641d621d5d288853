package event

// The views below gather fields that belong together. A string is "" and an
// [Opt] not set where the alert does not have the field or Falco had no value.

// Opt is a value that may be missing.
type Opt[T any] struct {
	V  T
	OK bool // V is meaningful
}

// text returns the value as text, and "" where it is not available.
func (f Fields) text(name string) string {
	if v := f.Get(name); v.Available() {
		return v.Text()
	}
	return ""
}

func (f Fields) int(name string) Opt[int64] {
	n, ok := f.Get(name).Int()
	return Opt[int64]{n, ok}
}

// Process is the process that caused a system call.
type Process struct {
	PID     Opt[int64] // proc.pid
	Name    string     // proc.name, at most 15 bytes in the kernel
	ExePath string     // proc.exepath
	Cmdline string     // proc.cmdline
	Parent  string     // proc.pname
	TTY     Opt[int64] // proc.tty, 0 without a terminal
}

// Process returns the process of a syscall alert.
func (e *Event) Process() Process {
	f := e.Fields
	return Process{
		PID:     f.int("proc.pid"),
		Name:    f.text("proc.name"),
		ExePath: f.text("proc.exepath"),
		Cmdline: f.text("proc.cmdline"),
		Parent:  f.text("proc.pname"),
		TTY:     f.int("proc.tty"),
	}
}

// User is the user of the process.
type User struct {
	Name     string     // user.name
	UID      Opt[int64] // user.uid
	LoginUID Opt[int64] // user.loginuid, -1 where no login session stands behind the process
}

// User returns the user of a syscall alert.
func (e *Event) User() User {
	f := e.Fields
	return User{f.text("user.name"), f.int("user.uid"), f.int("user.loginuid")}
}

// File is the file a system call worked on.
type File struct {
	Name string // fd.name, or fs.path.name
}

// File returns the file of a syscall alert.
func (e *Event) File() File {
	f := e.Fields
	if name := f.text("fd.name"); name != "" {
		return File{name}
	}
	return File{f.text("fs.path.name")}
}

// Container is the container of the process. Its ID is host where there is
// none.
type Container struct {
	ID    string // container.id
	Name  string // container.name
	Image string // container.image.repository, with container.image.tag after a colon, else container.image
}

// Container returns the container of a syscall alert.
func (e *Event) Container() Container {
	f := e.Fields
	c := Container{f.text("container.id"), f.text("container.name"), f.text("container.image")}
	if repo := f.text("container.image.repository"); repo != "" {
		c.Image = repo
		if tag := f.text("container.image.tag"); tag != "" {
			c.Image += ":" + tag
		}
	}
	return c
}

// Kubernetes is where the container runs in a cluster.
type Kubernetes struct {
	Namespace string // k8s.ns.name
	Pod       string // k8s.pod.name
}

// Kubernetes returns the pod of a syscall alert.
func (e *Event) Kubernetes() Kubernetes {
	f := e.Fields
	return Kubernetes{f.text("k8s.ns.name"), f.text("k8s.pod.name")}
}

// Network is the connection a system call worked on.
type Network struct {
	ClientIP, ServerIP     string     // fd.cip, fd.sip
	ClientPort, ServerPort Opt[int64] // fd.cport, fd.sport
	Protocol               string     // fd.l4proto
}

// Network returns the connection of a syscall alert.
func (e *Event) Network() Network {
	f := e.Fields
	return Network{f.text("fd.cip"), f.text("fd.sip"), f.int("fd.cport"), f.int("fd.sport"), f.text("fd.l4proto")}
}
