// Package enrich says what an alert means in the terms of ATT&CK, NIST SP
// 800-53, PCI DSS and the CIS benchmarks, with the reason for each item.
//
//	m := enrich.For(e)
//	for _, t := range m.Techniques {
//		fmt.Println(t.ID, t.Name, t.Evidence[0].Reason)
//	}
//
// # Where a mapping comes from
//
// In this order, and each item says which: the tags that the rule's author
// wrote ([StageTag]); a table of upstream's rules by name ([StageRule]); where
// both give no technique, plain inferences from the alert's fields
// ([StageBehaviour]); and what follows from these ([StageDerived]): the parent
// of a sub-technique, the tactics of a technique, the controls that the Center
// for Threat-Informed Defense lists for it. What the author wrote is kept even
// where it is wrong, and marked with the doubt. Derived items are never mixed
// with stated ones: the controls that follow from a technique are apart, in
// [Mapping.Related].
//
// MAPPINGS.md beside the source says where each mapping comes from, by which
// rules it was judged, and how to object to one.
//
// # A host's own knowledge
//
// A [Source] is a stage of the host's: who owns the asset, what threat
// intelligence says. [Enricher.Enrich] asks them in order, each with a deadline
// and a memory; one that fails is named in the mapping and the others stand.
// [Enricher.Middleware] attaches the mapping to the context of a handler, and
// [From] reads it; [Fielded] makes it readable to conditions. [ReadSTIX],
// [ReadOSCAL] and [ReadCTID] read releases that the library does not have yet.
//
// # Checking tags
//
// [CheckTags] says what is wrong with the tags of a rule, and what to write.
//
// # Versions
//
// Mappings speak ATT&CK 19 unless [Options] say 18. Upstream's tags are older
// than 19, which split Defense Evasion into Stealth and Defense Impairment and
// revoked 17 techniques: revoked ids are followed to their successors and a
// mitre_defense_evasion tag goes where the rule's technique went, with a note.
//
// # Cost and concurrency
//
// The tables are embedded, parsed when first needed, and then shared. Mapping
// an alert of a rule seen before is a lookup without allocation. Everything but
// the building of [Options] is safe for concurrent use. The package opens no
// file and no socket and starts no goroutine.
package enrich
