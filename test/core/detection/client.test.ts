import { expect, it } from 'vitest';
import { clientFamily } from '#core/detection/client.ts';

it.each([
  ['aws-cli/2.17.32 md/awscrt#0.21 os/linux#6.1 lang/python#3.11', 'aws-cli/linux/python'],
  ['[aws-cli/2.17.32 os/macos#23 lang/python#3.11]', 'aws-cli/macos/python'],
  ['Boto3/1.42.93 md/Botocore#1.42 os/linux#6.1 lang/python#3.12.3 Botocore/1.42.93', 'boto3/linux/python'],
  ['aws-sdk-js/3.600.0 os/windows_NT#10 lang/js md/nodejs#24.1.0', 'aws-sdk-js/windows/js'],
  ['APN/1.0 HashiCorp/1.0 Terraform/1.11.0 aws-sdk-go-v2/1.3 os/linux lang/go#1.23', 'terraform/linux/go'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36', 'browser/windows'],
  ['aws-sdk-java/2.25 Linux/5.10 OpenJDK_64-Bit Java/17.0', 'aws-sdk-java/linux/java'],
  ['aws-sdk-go-v2/1.3 os/linux lang/go#1.23 exec-env/AWS_Lambda_go1.x', 'aws-sdk-go/lambda/go'],
  ['Pulumi/3', 'pulumi'],
  ['OurTool/7.2', 'ourtool'],
  ['7', 'other'],
  ['Pacu/1.6 Boto3/1.2 os/linux lang/python', 'attack:pacu/pacu/linux/python'],
  ['aws-cli/2 os/linux#5.15-kali lang/python#3', 'attack:kali/aws-cli/linux/python'],
  ['stratus-red-team_0a05817a', 'stratus-red-team'],
  ['athena.amazonaws.com', ''],
  ['AWS Internal', ''],
  ['aws-internal/3 aws-sdk-java/1.12', ''],
  ['', ''],
])('%s', (agent, family) => {
  expect(clientFamily(agent)).toBe(family);
});
