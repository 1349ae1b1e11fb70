-- Gives a note another day, text or link; what it is about stays. Grain: a note. Target: note.
update note
set
    day = $day,
    note = $note,
    link = $link
where note_id = $note_id;
