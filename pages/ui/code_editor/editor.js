// The editor of SQL: CodeMirror in the place of Streamlit's text area, which it fills. The text area stays what the page reads,
// and what is there without this file. Bundled into editor.min.js: see CONTRIBUTING.md.
import {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus, ifNotIn,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { SQLDialect, StandardSQL, sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, placeholder,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const KEYWORDS = `all and anti any array as asc asof between by case cast collate columns cross cube current date day days desc
  describe distinct else end escape except exclude exists explain extract false filter first following for from full glob group
  grouping having hour ilike in inner intersect interval is join lambda last lateral left like limit materialized minute month
  months natural not null nulls offset on or order outer over partition pivot positional preceding qualify range recursive
  replace respect right rollup row rows sample second select semi sets similar struct summarize table tablesample then time
  timestamp to true try_cast unbounded union unnest unpivot using values week weeks when where window with within year years`;
const FUNCTIONS = `abs any_value arg_max arg_min avg bool_and bool_or ceil coalesce concat contains corr count count_if date_diff
  date_part date_trunc dayname dense_rank ends_with exp first_value floor format generate_series greatest histogram if ifnull
  isodow lag last_day last_value lead least left len length list list_contains ln log lower lpad ltrim max median min mode
  monthname now ntile nullif percent_rank position power quantile_cont quarter rank regexp_extract regexp_matches regexp_replace
  replace reverse round row_number rtrim split_part sqrt starts_with stddev string_agg strftime strptime substring sum today trim
  unnest upper variance weekofyear year`;
const TYPES = "bigint blob boolean date decimal double float hugeint integer json real smallint text time timestamp tinyint varchar";
const DUCKDB = SQLDialect.define({ keywords: KEYWORDS, builtin: FUNCTIONS, types: TYPES, specialVar: "$", caseInsensitiveIdentifiers: true });
const COMMIT_MS = 800, NOTED_MS = 30, PRESS_MS = 100, LEAVE_MS = 4000;

const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: tags.keyword, color: "light-dark(#0550ae, #79c0ff)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "light-dark(#0a6640, #7ee787)" },
  { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#953800, #ffa657)" },
  { tag: [tags.standard(tags.name), tags.typeName], color: "light-dark(#7a3fc4, #d2a8ff)" },
  { tag: tags.special(tags.name), color: "light-dark(#953800, #ffa657)", fontWeight: "600" },
  { tag: tags.comment, color: "light-dark(#57606a, #9aa4b2)", fontStyle: "italic" },
]));

const look = EditorView.theme({
  "&": { border: "1px solid var(--st-border-color)", borderRadius: "0.5rem", overflow: "hidden", fontSize: "0.875rem",
    background: "var(--st-secondary-background-color)", color: "var(--st-text-color)" },
  "&.cm-focused": { outline: "2px solid var(--st-primary-color)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--st-code-font), ui-monospace, monospace", lineHeight: "1.5", minHeight: "12.5rem", maxHeight: "60vh" },
  ".cm-content": { caretColor: "var(--st-text-color)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--st-text-color)" },
  ".cm-gutters": { background: "transparent", border: "none", color: "light-dark(#57606a, #9aa4b2)" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "rgba(128, 128, 128, 0.1)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "rgba(80, 140, 240, 0.3)" },
  ".cm-placeholder": { color: "light-dark(#57606a, #9aa4b2)" },
  ".cm-tooltip": { background: "var(--st-background-color)", color: "var(--st-text-color)", border: "1px solid var(--st-border-color)",
    borderRadius: "0.4rem", maxWidth: "min(26rem, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--st-code-font), ui-monospace, monospace", maxHeight: "15rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--st-primary-color)", color: "white" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.75" },
  ".cm-completionInfo": { padding: "0.4rem 0.6rem", fontSize: "0.8rem" },
  ".cm-completionIcon": { display: "none" },
});

// The columns of the tables that the query names, without a dot before them.
function columnsOf(schema) {
  return ifNotIn(["String", "LineComment", "BlockComment"], (context) => {
    const word = context.matchBefore(/\w*/);
    if ((word.from === word.to && !context.explicit) || context.state.sliceDoc(word.from - 1, word.from) === ".") return null;
    const text = context.state.doc.toString();
    const named = [...text.matchAll(/\b(?:from|join)\s+(\w+)/gi)].map(([, name]) => schema[name.toLowerCase()]).filter(Boolean);
    const options = new Map();
    for (const table of named) for (const column of table.children) options.set(column.label, { ...column, boost: 50 });
    return options.size ? { from: word.from, options: [...options.values()], validFor: /^\w*$/ } : null;
  });
}

function schemaOf(relations) {
  return Object.fromEntries(relations.map(([name, about, columns]) => [name, {
    self: { label: name, type: "table", detail: "", info: about || undefined },
    children: columns.map(([column, type, meaning]) => ({ label: column, type: "column", detail: type, info: meaning || undefined })),
  }]));
}

// After Escape the next Tab leaves the editor, unless Escape has closed a list of completions.
function leaveByTab(view) {
  if (completionStatus(view.state) !== "active") view.setTabFocusMode(LEAVE_MS);
  return false;
}

class Editor {
  constructor(parent, data) {
    this.data = data;
    this.timer = 0;
    this.sent = data.text;
    const schema = schemaOf(data.schema);
    const leave = () => this.commit();
    const tab = { key: "Tab", run: (view) => acceptCompletion(view) || indentMore(view), shift: indentLess };
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: data.text,
        extensions: [
          lineNumbers(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
          autocompletion({ icons: false }), highlightActiveLine(), highlightActiveLineGutter(), EditorView.lineWrapping,
          keymap.of([
            { key: "Mod-Enter", run: () => this.press(), stopPropagation: true },
            { key: "Escape", run: leaveByTab },
            ...closeBracketsKeymap, ...completionKeymap, tab, ...defaultKeymap, ...historyKeymap,
          ]),
          sql({ dialect: DUCKDB, schema }), DUCKDB.language.data.of({ autocomplete: columnsOf(schema) }),
          placeholder("select …"), look, colours,
          EditorView.contentAttributes.of({ "aria-label": data.label, "aria-description": data.description, spellcheck: "false" }),
          EditorState.changeFilter.of((change) => change.newDoc.length <= data.longest),
          EditorView.updateListener.of((update) => update.docChanged && this.later()),
          EditorView.domEventHandlers({ blur: leave }),
        ],
      }),
    });
  }

  // The page has opened another query; what it merely repeats was typed here.
  update(data) {
    const isOther = data.opened !== this.data.opened;
    this.data = data;
    if (!isOther) return;
    this.sent = data.text;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: data.text } });
    clearTimeout(this.timer);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.commit(), COMMIT_MS);
  }

  // Give the text to Streamlit's text area, as if it had been typed there and, once that is noted, left.
  commit() {
    clearTimeout(this.timer);
    const area = document.querySelector(`.st-key-${this.data.area} textarea`);
    const text = this.view.state.doc.toString();
    if (!area || this.sent === text) return;
    this.sent = text;
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(area, text);
    area.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => area.dispatchEvent(new FocusEvent("focusout", { bubbles: true })), NOTED_MS);
  }

  press() {
    this.commit();
    setTimeout(() => document.querySelector(`.st-key-${this.data.button} button`)?.click(), PRESS_MS);
    return true;
  }

  destroy() {
    this.commit();
    this.view.destroy();
  }
}

const editors = new WeakMap();

export function show(parent, data) {
  if (editors.has(parent)) editors.get(parent).update(data);
  else editors.set(parent, new Editor(parent, data));
  return () => editors.get(parent).destroy();
}
