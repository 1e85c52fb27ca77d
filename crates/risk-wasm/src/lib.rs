//! The program's valuation in the browser.
