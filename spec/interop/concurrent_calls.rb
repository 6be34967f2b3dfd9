# frozen_string_literal: true

# A program: threads that share one router, each with a call of its own at the same time. Prints as JSON how many
# answers were right, what was charged, and which threads are left. Arguments: how many threads, the gateway's address.
require "json"
require "llm_router"
require_relative "../support/waiting"
require_relative "recording_budget"

def left
  { threads: Thread.list.size, tasks: Dir.children("/proc/self/task").size }
end

count = Integer(ARGV[0])
LlmRouter.configure do |config|
  config.base_url = ARGV[1]
  config.api_key = "test-key"
  config.logger = nil
  config.price_ttl = nil
  config.same_vendor = :allow
  config.timeout = 60
  config.chain :default, %w[acme/only]
end
budget = RecordingBudget.new
router = LlmRouter.new(budget: budget)
ask = ->(prompt) { router.call(messages: [{ role: "user", content: prompt }]).content }
before = left
answers = Array.new(count) { |index| Thread.new { ask.call(index.to_s) } }.map(&:value)
charges = budget.settled.values.flatten
puts JSON.generate(right: answers.each_with_index.count { |answer, index| answer == index.to_s },
                   charges: charges.size, sum: charges.sum.to_s("F"), unended: budget.unended,
                   # Ruby keeps the native threads of those that ended for a while.
                   grown: Waiting.poll(60) { left == before } ? 0 : left)
