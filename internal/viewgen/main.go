// Viewgen writes the views of package event from views.txt, and its JSON
// Schema, by a table of Falco's fields, tab-separated with a header: class, sources, name, type,
// is_list, arg_type, arg_required.
//
//	go run ./internal/viewgen -fields falco_fields.tsv -o event
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"go/format"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

//go:embed views.txt
var spec string

func main() {
	log.SetFlags(0)
	log.SetPrefix("viewgen: ")
	fields := flag.String("fields", "", "table of Falco's fields; default falco_fields.tsv in $FALCONER_FACTS")
	out := flag.String("o", ".", "folder to write to")
	flag.Parse()
	if *fields == "" {
		facts := os.Getenv("FALCONER_FACTS")
		if facts == "" {
			log.Fatal("name the table with -fields, or its folder with FALCONER_FACTS")
		}
		*fields = filepath.Join(facts, "falco_fields.tsv")
	}
	data, err := os.ReadFile(*fields)
	if err != nil {
		log.Fatal(err)
	}
	t, err := readTable(string(data))
	if err != nil {
		log.Fatal(err)
	}
	views, err := readSpec(spec, t)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*out, "schema.json"), schema(t), 0o644); err != nil {
		log.Fatal(err)
	}
	groups := map[string]func(name string) bool{
		"view_syscall_gen.go": func(name string) bool { return !plugin(name) },
		"view_plugin_gen.go":  plugin,
	}
	for file, in := range groups {
		src, err := generate(views, t, in)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*out, file), src, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// plugin reports whether a view is of a plugin's source.
func plugin(view string) bool {
	switch view {
	case "K8sAudit", "CloudTrail", "Okta", "GitHub", "GCPAudit", "JSON":
		return true
	}
	return false
}

// falcoField is one line of the table.
type falcoField struct {
	name, typ string
	list      bool
	arg       string // INDEX, KEY, or ARG where the table says only that there may be one
	required  bool
}

type table struct {
	order  []string
	byName map[string]falcoField
	as     map[string]string
}

func readTable(data string) (*table, error) {
	t := &table{byName: map[string]falcoField{}, as: map[string]string{}}
	for i, line := range strings.Split(strings.TrimRight(data, "\r\n"), "\n") {
		col := strings.Split(line, "\t")
		if i == 0 {
			if len(col) < 7 || col[2] != "name" || col[3] != "type" {
				return nil, fmt.Errorf("the table has the columns %q", col)
			}
			continue
		}
		if len(col) < 7 {
			return nil, fmt.Errorf("line %d of the table has %d columns", i+1, len(col))
		}
		f := falcoField{name: col[2], typ: col[3], list: col[4] == "true", arg: col[5], required: col[6] == "true"}
		if f.arg == "" && col[6] != "" {
			f.arg = "ARG"
		}
		if _, dup := t.byName[f.name]; !dup {
			t.order = append(t.order, f.name)
			t.byName[f.name] = f
		}
	}
	return t, nil
}

type view struct {
	name, doc string
	members   []member
}

type member struct {
	goName, note string
	field        falcoField
	custom       string // the Go type, if the view's finish method fills it
}

func (v *view) finishes() bool {
	switch v.name {
	case "Process", "File", "Network", "Container", "JSON":
		return true
	}
	return false
}

func readSpec(spec string, t *table) ([]*view, error) {
	var views []*view
	var doc []string
	for i, line := range strings.Split(spec, "\n") {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("views.txt:%d: %s", i+1, fmt.Sprintf(format, args...))
		}
		word := strings.Fields(line)
		if len(word) == 0 {
			doc = nil
			continue
		}
		if word[0] == "#" {
			doc = append(doc, strings.TrimSpace(strings.TrimPrefix(line, "#")))
			continue
		}
		if word[0] == "as" {
			t.as[word[1]] = word[2]
			continue
		}
		if word[0] == "view" {
			views = append(views, &view{name: word[1], doc: strings.Join(doc, "\n// ")})
			continue
		}
		if len(views) == 0 || len(word) < 2 {
			return nil, fail("%q outside a view", line)
		}
		v := views[len(views)-1]
		switch {
		case word[0] == "all":
			v.all(word[1], t)
		case word[1] == "=":
			v.members = append(v.members, member{goName: word[0], custom: word[2], note: strings.Join(word[3:], " ")})
		default:
			f, ok := t.byName[word[1]]
			if !ok {
				return nil, fail("Falco has no field %q", word[1])
			}
			v.members = append(v.members, member{goName: word[0], field: f, note: strings.Join(word[2:], " ")})
		}
	}
	return views, nil
}

// all adds every field of a prefix that the view has not named itself.
func (v *view) all(prefix string, t *table) {
	have := map[string]bool{}
	for _, m := range v.members {
		have[m.field.name] = true
	}
	for _, name := range t.order {
		if !strings.HasPrefix(name, prefix) || have[name] {
			continue
		}
		base := strings.TrimPrefix(name, prefix)
		if !strings.HasPrefix(prefix, "ka") && !strings.HasPrefix(prefix, "ct") &&
			!strings.HasPrefix(prefix, "okta") && !strings.HasPrefix(prefix, "github") && !strings.HasPrefix(prefix, "gcp") {
			base = name // s3.bucket and the like, beside ct.
		}
		v.members = append(v.members, member{goName: goName(base), field: t.byName[name]})
	}
}

// words are the parts of field names that run several words together or are
// initialisms.
var words = map[string]string{
	"id": "ID", "ip": "IP", "ips": "IPs", "uri": "URI", "url": "URL", "arn": "ARN", "fs": "FS", "ec2": "EC2", "ecr": "ECR",
	"iam": "IAM", "s3": "S3", "mfa": "MFA", "dns": "DNS", "ns": "Namespace", "ipc": "IPC", "tls": "TLS", "evt": "Event",
	"req": "Request", "resp": "Response", "impuser": "ImpersonatedUser", "auth": "Auth", "obj": "Object",
	"auditid": "AuditID", "useragent": "UserAgent", "sourceips": "SourceIPs", "configmap": "ConfigMap",
	"serviceaccount": "ServiceAccount", "nonresourceurls": "NonResourceURLs", "apigroups": "APIGroups",
	"hostpath": "HostPath", "flexvolume": "FlexVolume", "initcontainers": "InitContainers",
	"ephemeralcontainers": "EphemeralContainers", "openshift": "OpenShift", "username": "Username",
	"errormessage": "ErrorMessage", "src": "Source", "shortsrc": "ShortSource", "originaluser": "OriginalUser",
	"accountid": "AccountID", "identitytype": "IdentityType", "principalid": "PrincipalID", "subnetid": "SubnetID",
	"reservationid": "ReservationID", "availabilityzone": "AvailabilityZone", "functionname": "FunctionName",
	"groupname": "GroupName", "documentname": "DocumentName", "serialnumber": "SerialNumber",
	"servicename": "ServiceName", "taskdefinition": "TaskDefinition", "srcip": "SourceIP",
	"managementevent": "ManagementEvent", "readonly": "ReadOnly", "requestid": "RequestID", "eventtype": "EventType",
	"apiversion": "APIVersion", "recipientaccountid": "RecipientAccountID", "serviceeventdetails": "ServiceEventDetails",
	"sharedeventid": "SharedEventID", "vpcendpointid": "VPCEndpointID", "eventcategory": "EventCategory",
	"updatedfields": "UpdatedFields", "originalrequestid": "OriginalRequestID", "originaleventid": "OriginalEventID",
	"sessioncredentialfromconsole": "SessionCredentialFromConsole", "edgedevicedetails": "EdgeDeviceDetails",
	"tlsdetails": "TLSDetails", "tlsversion": "TLSVersion", "ciphersuite": "CipherSuite",
	"clientprovidedhostheader": "ClientProvidedHostHeader", "additionaleventdata": "AdditionalEventData",
	"imageid": "ImageID", "imageids": "ImageIDs", "imagetag": "ImageTag", "legacytype": "LegacyType",
	"logonlysecuritydata": "LogOnlySecurityData", "alternateid": "AlternateID", "postalcode": "PostalCode",
	"os": "OS", "requesturi": "RequestURI", "sessionid": "SessionID", "credentialprovider": "CredentialProvider",
	"asnumber": "ASNumber", "asorg": "ASOrg", "isp": "ISP", "isproxy": "IsProxy", "countlast": "CountLast",
	"callerip": "CallerIP", "cloudfunctions": "CloudFunctions", "cloudsql": "CloudSQL", "org": "Org",
	"displayname": "DisplayName", "databaseid": "DatabaseID", "instanceid": "InstanceID", "networkid": "NetworkID",
	"subnetworkid": "SubnetworkID", "serviceaccountid": "ServiceAccountID", "projectid": "ProjectID",
	"authorizationinfo": "AuthorizationInfo", "policydelta": "PolicyDelta", "methodname": "MethodName",
	"resourcename": "ResourceName", "resourcetype": "ResourceType", "resourcelabels": "ResourceLabels",
	"eff": "Effective", "pid": "PID", "lat": "Latitude", "lon": "Longitude", "desc": "Description",
}

// goName makes a Go name of a field's name.
func goName(name string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '_' }) {
		if w, ok := words[strings.ToLower(part)]; ok {
			b.WriteString(w)
			continue
		}
		r := []rune(part)
		r[0] = unicode.ToUpper(r[0])
		b.WriteString(string(r))
	}
	return b.String()
}

// goTypes gives the type of a view's field for a type of Falco, and the
// function that reads it from a Value.
var goTypes = map[string][2]string{
	"CHARBUF": {"string", "viewText"}, "BYTEBUF": {"string", "viewText"}, "DYNAMIC": {"string", "viewText"},
	"IPADDR": {"string", "viewText"}, "IPNET": {"string", "viewText"},
	"BOOL": {"Opt[bool]", "viewBool"}, "DOUBLE": {"Opt[float64]", "viewFloat"},
	"INT16": {"Opt[int64]", "viewInt"}, "INT32": {"Opt[int64]", "viewInt"}, "INT64": {"Opt[int64]", "viewInt"},
	"UINT32": {"Opt[int64]", "viewInt"}, "PORT": {"Opt[int64]", "viewInt"}, "UINT64": {"Opt[uint64]", "viewUint"},
	"RELTIME": {"Opt[time.Duration]", "viewDuration"}, "duration": {"Opt[time.Duration]", "viewDuration"},
	"ABSTIME": {"Opt[time.Time]", "viewTime"}, "time": {"Opt[time.Time]", "viewTime"},
}

// goType says how a member is declared, and gives the statements that fill it
// from a key without an argument (plain) and with one (keyed); $ is its name.
func (m member) goType(t *table) (typ, plain, keyed string, err error) {
	f := m.field
	falco := f.typ
	if as := t.as[f.name]; as != "" {
		falco = as
	}
	how, ok := goTypes[falco]
	if !ok {
		return "", "", "", fmt.Errorf("%s has the type %s, which has no Go type", f.name, falco)
	}
	switch {
	case f.list:
		return "[]string", "v.$ = viewList(f.valueOf(m))", "v.$ = append(v.$, viewList(f.valueOf(m))...)", nil
	case f.arg != "" && f.required:
		return "[]Arg", "", "v.$ = append(v.$, Arg{arg, f.valueOf(m)})", nil
	}
	return how[0], "v.$ = " + how[1] + "(f.valueOf(m))", "", nil
}

func generate(views []*view, t *table, in func(string) bool) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by internal/viewgen from views.txt; DO NOT EDIT.\n\npackage event\n\n")
	body := new(bytes.Buffer)
	for _, v := range views {
		if in(v.name) {
			if err := v.generate(body, t); err != nil {
				return nil, err
			}
		}
	}
	if bytes.Contains(body.Bytes(), []byte("time.")) {
		fmt.Fprintf(&b, "import \"time\"\n\n")
	}
	b.Write(body.Bytes())
	return format.Source(b.Bytes())
}

func (v *view) generate(b *bytes.Buffer, t *table) error {
	fmt.Fprintf(b, "// %s\ntype %s struct {\n", v.doc, v.name)
	seen := map[string]bool{}
	var plains, keyeds bytes.Buffer
	for _, m := range v.members {
		if seen[m.goName] {
			return fmt.Errorf("view %s has two fields %s", v.name, m.goName)
		}
		seen[m.goName] = true
		if m.custom != "" {
			fmt.Fprintf(b, "%s %s // %s\n", m.goName, m.custom, m.note)
			continue
		}
		typ, plain, keyed, err := m.goType(t)
		if err != nil {
			return err
		}
		name := m.field.name
		if typ == "[]Arg" {
			name += "[...]"
		}
		note := name
		if m.note != "" {
			note += ", " + m.note
			if strings.HasPrefix(m.note, "or ") || strings.HasPrefix(m.note, "of ") || strings.HasPrefix(m.note, "by ") {
				note = name + " " + m.note
			}
		}
		fmt.Fprintf(b, "%s %s // %s\n", m.goName, typ, note)
		if plain != "" {
			fmt.Fprintf(&plains, "case %q:\n%s\n", m.field.name, strings.ReplaceAll(plain, "$", m.goName))
		}
		if keyed != "" {
			fmt.Fprintf(&keyeds, "case %q:\n%s\n", m.field.name, strings.ReplaceAll(keyed, "$", m.goName))
		}
	}
	fmt.Fprintf(b, "}\n\n")
	fmt.Fprintf(b, "// %[1]s returns the fields of the alert that belong to a [%[1]s].\nfunc (e *Event) %[1]s() %[1]s {\nvar v %[1]s\n", v.name)
	fmt.Fprintf(b, "f := e.Fields\nfor _, m := range f.index {\nswitch name := viewName(f.nameOf(m)); name {\n%s", plains.String())
	if keyeds.Len() > 0 {
		arg := "_"
		if bytes.Contains(keyeds.Bytes(), []byte("Arg{arg")) {
			arg = "arg"
		}
		fmt.Fprintf(b, "default:\nname, %s, ok := cutArg(name)\nif !ok {\ncontinue\n}\nswitch name {\n%s}\n", arg, keyeds.String())
	}
	fmt.Fprintf(b, "}\n}\n")
	if v.finishes() {
		fmt.Fprintf(b, "v.finish(e)\n")
	}
	fmt.Fprintf(b, "return v\n}\n\n")
	return nil
}
