//go:build cgo

package falcoalerts

import (
	"cmp"
	"io"
	"io/fs"
	"strconv"
)

// params are open_params; see the schema for what they mean.
type params struct {
	File  *fileParams   `json:"file"`
	Unix  *socketParams `json:"unix"`
	TCP   *socketParams `json:"tcp"`
	HTTP  *httpParams   `json:"http"`
	Stdin *struct{}     `json:"stdin"`
}

type fileParams struct {
	Path   string `json:"path"`
	Follow *bool  `json:"follow"`
	From   string `json:"from"`
	State  string `json:"state"`
}

type socketParams struct {
	Path        string `json:"path"`
	Address     string `json:"address"`
	Mode        string `json:"mode"`
	Connections int    `json:"connections"`
}

type httpParams struct {
	Address     string   `json:"address"`
	Path        string   `json:"path"`
	TokenFile   string   `json:"token_file"`
	Certificate string   `json:"certificate"`
	Key         string   `json:"key"`
	ClientCA    string   `json:"client_ca"`
	ClientNames []string `json:"client_names"`
}

const defaultConnections = 256

// inputs returns what alerts are to be read from.
func (p *params) inputs(stdin io.Reader) (list []input) {
	if f := p.File; f != nil {
		if f.Follow == nil || *f.Follow {
			list = append(list, &followed{params: *f})
		} else {
			list = append(list, &whole{path: f.Path})
		}
	}
	if s := p.Unix; s != nil {
		mode, _ := strconv.ParseUint(cmp.Or(s.Mode, "0600"), 8, 32) // the schema has its form
		list = append(list, &socket{network: "unix", address: s.Path, mode: fs.FileMode(mode), most: cmp.Or(s.Connections, defaultConnections)})
	}
	if s := p.TCP; s != nil {
		list = append(list, &socket{network: "tcp", address: s.Address, most: cmp.Or(s.Connections, defaultConnections)})
	}
	if p.HTTP != nil {
		list = append(list, &web{params: *p.HTTP})
	}
	if p.Stdin != nil {
		list = append(list, &standard{stdin})
	}
	return list
}
