import { packageCases } from '../../vm-harness/scenarios/packages.ts';
import { playPackages } from '../vm/play-packages.ts';

playPackages(packageCases);
