export { InvalidPattern } from "./detect/custom.ts";
export { createPrivacyFilter, FILTER_BUDGET, type FilterBudget, type PrivacyFilterOptions } from "./filter.ts";
export type { FilterRequest, FilterResult, PrivacyFilter } from "./port.ts";
export { createRedactor, type Redactor } from "./redactor.ts";
