import { packageCases } from '../../vm-harness/scenarios/packages.ts';
import { playPackages } from './play-packages.ts';

playPackages(packageCases.filter(({ always }) => always));
