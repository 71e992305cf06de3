import { createPortablePlatform } from '../../src/platform/portable.ts';
import { platformSuite } from './suite.ts';

platformSuite(createPortablePlatform());
