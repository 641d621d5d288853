package enrich

// StageError is a stage of the host that did not come through.
type StageError struct {
	Stage Stage
	Err   error
}

func (e *StageError) Error() string { return "enrich: stage " + string(e.Stage) + ": " + e.Err.Error() }

// Unwrap returns the stage's own error.
func (e *StageError) Unwrap() error { return e.Err }
