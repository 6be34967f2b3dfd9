# frozen_string_literal: true

# As little of an app as the article's job needs: records in memory instead of tables.

require "active_job"
require "bigdecimal"

ActiveJob::Base.logger = nil

class ApplicationJob < ActiveJob::Base; end

Organization = Struct.new(:id, :name)

# A message that a customer wrote, with the reply that is drafted for it.
Message = Struct.new(:id, :organization, :body, :suggested_reply, keyword_init: true) do
  @table = {}

  def self.create!(**attributes)
    new(**attributes).tap { |message| @table[message.id] = message }
  end

  def self.find(id)
    @table.fetch(id)
  end

  def update!(**attributes)
    attributes.each { |name, value| self[name] = value }
  end
end

# A monthly cap and a running total for each organisation.
class LlmBudget
  attr_reader :cap_usd, :spent_usd

  @budgets = {}
  @lock = Mutex.new

  def self.for(organization)
    @lock.synchronize { @budgets[organization&.id] ||= new(cap_usd: "5.00", spent_usd: "0.0413") }
  end

  def initialize(cap_usd:, spent_usd:)
    @cap_usd = BigDecimal(cap_usd)
    @spent_usd = BigDecimal(spent_usd)
    @lock = Mutex.new
  end

  def exhausted?
    @lock.synchronize { @spent_usd >= @cap_usd }
  end

  def charge!(cost_usd)
    @lock.synchronize { @spent_usd += cost_usd }
  end
end
