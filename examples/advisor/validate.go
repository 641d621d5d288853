package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/falconer-go/falconer/mitigate"
	"mvdan.cc/sh/v3/syntax"
)

// readers are the commands that a model may suggest: they read, and do nothing
// else whatever their arguments are. That is not so of journalctl, which can
// drop what it keeps, nor of ss, which can close connections.
var readers = map[string]bool{
	"cat": true, "grep": true, "head": true, "last": true, "ls": true, "lsof": true,
	"ps": true, "pstree": true, "sha256sum": true, "stat": true, "tail": true, "wc": true, "who": true,
}

// kubectlReads are the subcommands of kubectl that read.
var kubectlReads = map[string]bool{"get": true, "describe": true, "logs": true, "top": true, "events": true}

// validate passes a shell snippet only if it is a list of plain commands that
// read, joined by pipes at the most: no expansion, no redirection, no control
// structure.
func validate(s mitigate.Snippet) error {
	if s.Kind != "shell" {
		return fmt.Errorf("only shell snippets are checked, not %s", s.Kind)
	}
	file, err := syntax.NewParser().Parse(strings.NewReader(s.Body), "")
	if err != nil {
		return err
	}
	if len(file.Stmts) == 0 {
		return errors.New("it holds no command")
	}
	for _, stmt := range file.Stmts {
		if err := checkStmt(stmt); err != nil {
			return err
		}
	}
	return nil
}

func checkStmt(stmt *syntax.Stmt) error {
	if stmt.Background || stmt.Negated || stmt.Coprocess || len(stmt.Redirs) > 0 {
		return errors.New("it does more than run plain commands")
	}
	switch cmd := stmt.Cmd.(type) {
	case *syntax.BinaryCmd:
		if cmd.Op != syntax.Pipe {
			return errors.New("it joins commands by more than a pipe")
		}
		return errors.Join(checkStmt(cmd.X), checkStmt(cmd.Y))
	case *syntax.CallExpr:
		return checkCall(cmd)
	}
	return errors.New("it does more than run plain commands")
}

func checkCall(call *syntax.CallExpr) error {
	if len(call.Assigns) > 0 || len(call.Args) == 0 {
		return errors.New("it sets variables")
	}
	var args []string
	for _, w := range call.Args {
		text, ok := literal(w)
		if !ok {
			return errors.New("it expands something")
		}
		args = append(args, text)
	}
	if args[0] == "kubectl" && len(args) > 1 && kubectlReads[args[1]] || readers[args[0]] {
		return nil
	}
	return fmt.Errorf("%q is not a command that only reads", args[0])
}

// literal returns the text of a word in which nothing is expanded.
func literal(w *syntax.Word) (string, bool) {
	var b strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(part.Value, "*?[{~") {
				return "", false
			}
			b.WriteString(part.Value)
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return "", false
				}
				b.WriteString(lit.Value)
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}
