# frozen_string_literal: true

# As little of an app as the article's job needs, with records in a database of its own.

require "active_job"
require "active_record"
require "bigdecimal"
require "tempfile"

ActiveJob::Base.logger = nil

class ApplicationJob < ActiveJob::Base; end

# Beside whatever database the specs are connected to.
class ArticleRecord < ActiveRecord::Base
  self.abstract_class = true

  # Removed by its finalizer, which comes after what runs at exit, such as Minitest's tests.
  FILE = Tempfile.new("article")
  establish_connection(adapter: "sqlite3", database: FILE.path)
  connection_pool.with_connection do |connection|
    connection.create_table(:organizations) { |t| t.string :name }
    connection.create_table(:messages) do |t|
      t.references :organization
      t.text :body
      t.text :suggested_reply
    end
  end
end

class Organization < ArticleRecord; end

# A message that a customer wrote, with the reply that is drafted for it.
class Message < ArticleRecord
  belongs_to :organization, optional: true
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
