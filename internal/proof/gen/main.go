// Command gen writes the tables that the tests of package proof hold exports
// against, from the formats as their authors publish them:
//
//	go run ./gen ecs DIR  > testdata/formats/ecs-9.4.0.tsv    # DIR: github.com/elastic/ecs at v9.4.0
//	go run ./gen ocsf DIR > testdata/formats/ocsf-1.1.0.tsv   # DIR: github.com/ocsf/ocsf-schema at v1.1.0
//
// Names, types and allowed values enter the tables, and nothing else.
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "ecs":
		err = ecs(os.Stdout, os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "ocsf":
		err = ocsf(os.Stdout, os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: gen ecs|ocsf DIR")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
