/** How revisions and times are written: what the manual of rev-parse says for all commands. */

// Lines that begin with a space are printed as they stand, in a man page 11 columns in.
export const REVISION_MANUAL = `A REV begins with a name, the first of these that there is:

    <64 digits>  the object of that id
    HEAD         the newest snapshot of the folder's own line, or of main
    refs/…       a ref by its whole name: refs/heads/main, refs/tags/v1
    v1           a tag
    laptop/docs  a line
    3fa9c1d2     the start of an id, 4 digits at least

Behind the name may stand, in this order:

    @{<n>}       what the ref named n moves ago: main@{1}
    @{<time>}    what it named then: HEAD@{yesterday}, main@{3 days ago}
    ~<n>         n snapshots back, along first parents; ~ is ~1
    ^<n>         the n-th parent of several; ^ is ^1
    :<path>      a folder or file in it: v1:src/a.txt; HEAD: is all of it

A <path> that begins with ./ or ../ counts from the current folder. ~ and ^ may be repeated, and pass over forgotten
snapshots. Where a snapshot is wanted, and before ~, ^ and :, the start of an id means that of a snapshot. A..B, where a
range makes sense, is what B leads to and A does not; a side that is left out is HEAD.

A time is 2026, 2026-01, 2026-01-31, 2026-01-31T10, …T10:20, …T10:20:30 or with a fraction (behind the hour Z or +01:00
may follow, else it is local; a blank may stand for the T), or now, today, yesterday, 3 days ago, likewise with seconds,
minutes, hours, weeks, months and years. A day is meant whole: main@{2026-01-31} is the line as that day left it, --since
takes its beginning, --until its end.`;
