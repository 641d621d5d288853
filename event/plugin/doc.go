// Package plugin builds plugins for Falco with falcosecurity/plugin-sdk-go. The
// author writes what is his own, the fields of his events and where events come
// from; the package does the rest, and keeps what goes wrong out of Falco.
//
//	func main() {}
//
//	func init() {
//		source.Register(func() *plugin.Plugin[door] {
//			return &plugin.Plugin[door]{
//				Info: plugins.Info{ID: 999, Name: "doors", Version: "0.1.0", EventSource: "doors"},
//				Fields: []plugin.Field[door]{
//					plugin.Value("door.name", "The door", func(d *door) (string, bool) { return d.Name, true }),
//				},
//				Decode: func(d *door, data []byte) error { return json.Unmarshal(data, d) },
//				Open:   openDoors,
//			}
//		})
//	}
//
// A program like this, built with -buildmode=c-shared, is a plugin. It needs
// cgo and a C compiler; without cgo this package is empty.
//
// # Fields
//
// A [Field] is declared once, by [Value], [List], [Key], [KeyList], [Index] or
// [IndexList], with the function that reads it from a decoded event. From that
// come the list that Falco asks for, the dispatch of its requests, the checks of
// their arguments, and documentation: [Plugin.Markdown] for a README and
// [Plugin.FieldList] for package rules/cond.
//
// An event is decoded once, however many fields are asked of it, into the same
// variable each time. Where the functions do not allocate, neither does the
// package.
//
// # Events
//
// A source is an iterator over records ([Plugin.Open]). It may wait for events
// as long as it likes, or have them all at hand. It runs in a goroutine of its
// own, at most one batch ahead of Falco. What the SDK leaves to its users is
// done here:
//
//   - A record that is too large is passed over and counted. (The SDK ends the
//     source for good.)
//   - Every event has a time. (Falco takes it of all events of a batch or of
//     none.)
//   - Closing ends, also where the iterator does not. (It would hang Falco.)
//   - An error ends the source only if [Fatal] says so. Others are counted and
//     are the plugin's last error, and [Plugin.OnError] is told.
//   - A panic of the author's code is an error, an [event.PanicError], also
//     where it is a field's. (It would end Falco.)
//   - An address lives as long as Falco reads it, and a NUL in a text does not
//     hide what is behind it: it is replaced by U+FFFD.
//
// What cannot be mended here: after one plugin of a shared object was initialised
// and ended, the SDK panics when another one that Init refused is destroyed.
//
// The SDK cannot hand Falco a network: it drops the mask. So there is no field of
// that type here.
//
// # Concurrency
//
// Falco calls a plugin from one thread at a time; the iterator runs beside it.
// Falco may make several plugins of one shared object, each a call of the
// function given to Register, so what that function returns must not share
// anything that is written to. The SDK opens a source with the plugin that was
// made last, which is one of the same configuration.
package plugin
