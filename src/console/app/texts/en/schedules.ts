/** The words of the page. */
export default {
  lead: "What runs by the clock: actions of koppla.yaml, and the server’s own chores.",
  columns: {
    name: "Name",
    what: "Runs",
    cron: "When",
    next: "Next",
    last: "Last",
  },
  off: "off",
  chore: "Chore: {{name}}",
  byItself: "by itself",
  empty: {
    title: "Nothing runs by the clock",
    text: "Schedules are declared in koppla.yaml.",
  },
  close: "Close",
  catchUp: {
    none: "Times at which no server ran are left out.",
    one: "Of times at which no server ran, one is made up for.",
  },
  next: "The next times",
  none: "None is planned",
  last: "The last time",
  skipped: "Left out last, because the one before was still running:",
  run: "Run it now",
  ask: {
    title: "Run {{name}} now?",
    text: "It runs once, beside its times.",
  },
} as const;
