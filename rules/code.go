package rules

// Code names a kind of error or warning. The codes that begin with LOAD_ are
// Falco's own, spelled as in the JSON of falco -V; the others are lint's.
type Code string

// The errors of Falco's loader.
const (
	ErrFileRead         Code = "LOAD_ERR_FILE_READ"
	ErrYAMLParse        Code = "LOAD_ERR_YAML_PARSE"
	ErrYAMLValidate     Code = "LOAD_ERR_YAML_VALIDATE"
	ErrCompileCondition Code = "LOAD_ERR_COMPILE_CONDITION"
	ErrCompileOutput    Code = "LOAD_ERR_COMPILE_OUTPUT"
	ErrValidate         Code = "LOAD_ERR_VALIDATE"
	ErrExtension        Code = "LOAD_ERR_EXTENSION"
)

// The warnings of Falco's loader.
const (
	WarnUnknownSource          Code = "LOAD_UNKNOWN_SOURCE"
	WarnUnsafeNACheck          Code = "LOAD_UNSAFE_NA_CHECK"
	WarnNoEventType            Code = "LOAD_NO_EVTTYPE"
	WarnUnknownFilter          Code = "LOAD_UNKNOWN_FILTER"
	WarnUnusedMacro            Code = "LOAD_UNUSED_MACRO"
	WarnUnusedList             Code = "LOAD_UNUSED_LIST"
	WarnUnknownItem            Code = "LOAD_UNKNOWN_ITEM"
	WarnDeprecatedItem         Code = "LOAD_DEPRECATED_ITEM"
	WarnExtension              Code = "LOAD_WARNING_EXTENSION"
	WarnAppendNoValues         Code = "LOAD_APPEND_NO_VALUES"
	WarnExceptionNameNotUnique Code = "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
	WarnInvalidMacroName       Code = "LOAD_INVALID_MACRO_NAME"
	WarnInvalidListName        Code = "LOAD_INVALID_LIST_NAME"
	WarnCompileCondition       Code = "LOAD_COMPILE_CONDITION"
	WarnUnknownKey             Code = "LOAD_UNKNOWN_KEY"
)

// ErrTooLarge is for what is over one of the [Limits]. Falco knows no such
// bounds and has no such code.
const ErrTooLarge Code = "FALCONER_TOO_LARGE"

// short is what falco prints in brackets behind a code.
var short = map[Code]string{
	ErrFileRead:         "File read error",
	ErrYAMLParse:        "YAML parse error",
	ErrYAMLValidate:     "Error validating internal structure of YAML file",
	ErrCompileCondition: "Error compiling condition",
	ErrCompileOutput:    "Error compiling output",
	ErrValidate:         "Error validating rule/macro/list/exception objects",
	ErrExtension:        "Error in extension item",
	ErrTooLarge:         "Over a limit of the reader",

	WarnUnknownSource:          "Unknown event source",
	WarnUnsafeNACheck:          "Unsafe <NA> comparison in condition",
	WarnNoEventType:            "Condition has no event-type restriction",
	WarnUnknownFilter:          "Unknown field or event-type in condition or output",
	WarnUnusedMacro:            "Unused macro",
	WarnUnusedList:             "Unused list",
	WarnUnknownItem:            "Unknown rules file item",
	WarnDeprecatedItem:         "Used deprecated item",
	WarnExtension:              "Warning in extension item",
	WarnAppendNoValues:         "Overriding/appending with no values",
	WarnExceptionNameNotUnique: "Multiple exceptions defined with the same name",
	WarnInvalidMacroName:       "Invalid macro name",
	WarnInvalidListName:        "Invalid list name",
	WarnCompileCondition:       "Warning in rule condition",
	WarnUnknownKey:             "Unknown key in item definition",
}

// Text returns the few words with which Falco explains the code, or "" for a
// code that is not the loader's.
func (c Code) Text() string { return short[c] }
