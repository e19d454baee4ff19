import type { Tool } from './define-tool.ts';
import { findCustomerByAlias } from './find-customer-by-alias.ts';
import { listCustomerAliases } from './list-customer-aliases.ts';

/** Every tool, in the order in which a model reads them. */
export const TOOLS: readonly Tool[] = [findCustomerByAlias, listCustomerAliases];
