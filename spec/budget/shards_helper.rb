# frozen_string_literal: true

require_relative "budget_helper"

# Two shards with a replica each, which are four databases: `describe …, shards: :postgresql`. Nothing flows from a
# writer to its replica here, so that what is read or written there shows.
module Shards
  PLACES = %i[default two].product(%i[writing reading]).freeze

  class << self
    # @return [Hash] what +connects_to+ takes
    attr_reader :connections

    def prepare(database)
      Databases.connect(database)
      configs = PLACES.to_h { |place| [place, Databases.another(database, place.join("_"))] }
      configs.each_value { |config| make_tables(config) }
      @handler = ActiveRecord::Base.default_connection_handler
      switch_handling(false, ActiveRecord::ConnectionAdapters::ConnectionHandler.new)
      @connections = configs.group_by { |(shard, _), _| shard }.transform_values do |roles|
        roles.to_h { |(_, role), config| [role, config] }
      end
      ActiveRecord::Base.connects_to(shards: connections)
    end

    def tear_down
      disconnect("ActiveRecord::Base")
      switch_handling(true, @handler)
    end

    # @param owner [String] the class that is connected
    def disconnect(owner)
      PLACES.each do |shard, role|
        ActiveRecord::Base.connection_handler.remove_connection_pool(owner, shard: shard, role: role)
      end
    end

    def empty
      %i[default two].each do |shard|
        ActiveRecord::Base.connected_to(shard: shard, role: :writing) { BudgetTable.empty }
      end
    end

    private

    def make_tables(config)
      ActiveRecord::Base.establish_connection(config)
      Databases.empty
      BudgetTable.make_tables
      ActiveRecord::Base.remove_connection
    end

    # Rails 6.1 has two ways to know roles, and shards go with the later one.
    def switch_handling(legacy, handler)
      settings = ActiveRecord.respond_to?(:legacy_connection_handling) ? ActiveRecord : ActiveRecord::Base
      settings.legacy_connection_handling = legacy if settings.respond_to?(:legacy_connection_handling)
      ActiveRecord::Base.default_connection_handler = handler
      # Rails 6.1 keeps the thread's.
      ActiveRecord::Base.connection_handler = nil
    end
  end

  # What the examples share.
  module Helpers
    def on_shard(shard, role: :writing, &block)
      ActiveRecord::Base.connected_to(shard: shard, role: role, &block)
    end

    # What each database says is spent, those without a row left out.
    def spent_by_place
      PLACES.filter_map do |shard, role|
        rows = on_shard(shard, role: role) { model.pluck(:spent_usd) }
        [[shard, role], rows.sum] if rows.any?
      end.to_h
    end
  end
end

RSpec.configure do |config|
  config.before(:context, :shards) { Shards.prepare(self.class.metadata[:shards]) }
  config.after(:context, :shards) { Shards.tear_down }
  config.include BudgetTable::Helpers, :shards
  config.include Shards::Helpers, :shards
  config.before(:example, :shards) do
    BudgetTable.let_midnight_pass
    Shards.empty
    allow(LlmRouter::Database).to receive(:environment).and_return("production")
    LlmRouter.configure { |settings| settings.logger = Logger.new(log_io) }
  end
end
