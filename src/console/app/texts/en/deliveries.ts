/** The words of the page. */
export default {} as const;
