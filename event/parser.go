package event

// Parser parses one alert after the other in the same memory, and so without
// allocating, where [Parse] allocates twice. The zero Parser is ready to use. It
// is for one goroutine.
type Parser struct {
	Limits Limits // of each alert

	event Event
	room  room
}

// Parse is the function [Parse]. The alert that it returns, and every string,
// list, field and value from it, is good until the next call.
func (p *Parser) Parse(data []byte) (*Event, error) {
	l := p.Limits.orDefault()
	if len(data) > l.RecordBytes {
		return nil, tooLong(l)
	}
	p.event, p.room.reused = Event{}, true
	if _, err := p.event.decode(&p.room, data, l, wholeInput); err != nil {
		return nil, err
	}
	return &p.event, nil
}
