/** How it looks: calm, one accent, enough contrast for everybody (WCAG 2.2, 1.4.3: 4.5 to 1). */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** The accent, from light to dark; 7 is what the pages of the login are in. */
const koppla: MantineColorsTuple = [
  "#eaf4fb",
  "#d3e6f3",
  "#a5cdE8",
  "#74b2dc",
  "#4c9bd1",
  "#318cc9",
  "#14719f",
  "#0b5a8a",
  "#08466c",
  "#04304c",
];

export const theme = createTheme({
  primaryColor: "koppla",
  primaryShade: { light: 7, dark: 6 },
  colors: { koppla },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, "DejaVu Sans Mono", "Liberation Mono", monospace',
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  autoContrast: true,
  luminanceThreshold: 0.35,
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "1.5rem" }, h2: { fontSize: "1.15rem" } } },
  components: {
    Badge: { defaultProps: { variant: "light", radius: "sm" } },
    Tooltip: {
      defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: true } },
    },
    Modal: { defaultProps: { centered: true } },
    Select: { defaultProps: { allowDeselect: false } },
  },
});

/** Mantine's grey for secondary text is 3.3 to 1 on white; placeholders are no better. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#55606f",
    "--mantine-color-placeholder": "#667080",
    "--mantine-color-error": "#b3131f",
    "--mantine-color-body": "#ffffff",
    // Of badges and outlined buttons: the library's own are 3.8 and 4.3 to 1.
    "--mantine-color-teal-light-color": "#05573f",
    "--mantine-color-red-light-color": "#a51111",
    "--mantine-color-red-outline": "#c22020",
    "--mantine-color-yellow-light-color": "#7a4b00",
    "--mantine-color-orange-light-color": "#943200",
  },
  dark: {
    "--mantine-color-dimmed": "#a9b3c1",
    "--mantine-color-placeholder": "#98a2b0",
    "--mantine-color-error": "#ff9c9c",
    "--mantine-color-body": "#161b22",
    "--mantine-color-anchor": "#7cc0ec",
  },
});
